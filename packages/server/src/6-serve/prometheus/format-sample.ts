/**
 * Numbers as Prometheus's API prints them. Values: the shortest decimal that reads back as the same number, in exponent
 * form below 1e-6 and from 1e21. Times: seconds with at most three decimals.
 */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  if (Object.is(value, -0)) return "-0";
  const text = String(value);
  // JavaScript writes 1e-7 and 1e+21, Go 1e-07 and 1e+21.
  return text.includes("e") ? text.replace(/e([+-])(\d)$/, "e$10$2") : text;
}

/** The form of alert values: Go's `%e` with the shortest mantissa, e.g. `1e+00`. */
export function formatExponent(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

export function formatTime(at: number): string {
  return String(at / 1000);
}

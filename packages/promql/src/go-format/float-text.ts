/** Floats as Go prints them, always the shortest text that reads back to the same number. */

/** `strconv.FormatFloat(v, 'f', -1, 64)`: never an exponent. */
export function floatText(value: number): string {
  return special(value) ?? plainDecimal(value);
}

/** Decimal exponents from which `%g` writes an exponent: below the first and from the second on. */
const LEAST_PLAIN_EXPONENT = -4;
const FIRST_LARGE_EXPONENT = 6;

/** `%g` (and `%v`): an exponent of at least two digits for very small and large numbers. */
export function shortFloatText(value: number): string {
  const text = special(value);
  if (text !== undefined) return text;
  if (value === 0) return plainDecimal(value);
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= LEAST_PLAIN_EXPONENT && exponent < FIRST_LARGE_EXPONENT) return plainDecimal(value);
  const sign = exponent < 0 ? "-" : "+";
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return undefined;
}

function plainDecimal(value: number): string {
  if (Object.is(value, -0)) return "-0";
  const text = String(value);
  if (!text.includes("e")) return text;
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace("-", "").replace(".", "");
  const exponent = Number(exponentText);
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  return sign + digits.padEnd(exponent + 1, "0");
}

/** As Go's `strconv.ParseFloat`: undefined when the text is no number. Accepts `Inf`, `+inf`, `infinity`, `NaN`, hex, `_`-free decimals. */
export function parseFloatText(text: string): number | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (word !== null) {
    if (word[2]?.toLowerCase() === "nan") return word[1] === "" ? Number.NaN : undefined;
    return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return parseHexFloat(text);
}

function parseHexFloat(text: string): number | undefined {
  const match = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const mantissa = Number.parseInt(`0${whole}${fraction}`, 16);
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -value : value;
}

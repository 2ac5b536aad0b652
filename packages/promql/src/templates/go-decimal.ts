/** Floats in Go's `%e`, `%f` and `%g`, with a precision or as short as reads back; halves are rounded to even, exactly. */

/** @param precision digits after the point (`e`, `f`), significant digits (`g`); -1 = the shortest text that reads back. */
export function formatFloat(value: number, format: "e" | "f" | "g", precision: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-Inf" : "+Inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const magnitude = Math.abs(value);
  switch (format) {
    case "e":
      return sign + exponentForm(significant(magnitude, precision < 0 ? -1 : precision + 1), precision);
    case "f":
      return (
        sign + fixedForm(precision < 0 ? shortest(magnitude) : decimals(magnitude, precision), precision)
      );
    case "g":
      return sign + generalForm(magnitude, precision);
  }
}

/** `digits` times ten to the `point - digits.length`: 0.05 is `{digits: "5", point: -1}`. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

const ZERO: Decimal = { digits: "0", point: 1 };

/** Go's rule for `%g`: an exponent below -4, or from the number of digits on (6 when there is no limit). */
function generalForm(magnitude: number, precision: number): string {
  const limit = precision === 0 ? 1 : precision;
  const decimal = trimmed(significant(magnitude, limit));
  const count = decimal.digits.length;
  let exponentFrom = limit < 0 ? 6 : limit;
  if (limit >= 0 && exponentFrom > count && count >= decimal.point) exponentFrom = count;
  const exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= exponentFrom) return exponentForm(decimal, count - 1);
  return fixedForm(decimal, Math.max(count - decimal.point, 0));
}

function exponentForm({ digits, point }: Decimal, precision: number): string {
  const fraction = precision < 0 ? digits.slice(1) : digits.slice(1).padEnd(precision, "0");
  const exponent = point - 1;
  const shown = `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return `${digits[0]}${fraction === "" ? "" : `.${fraction}`}e${shown}`;
}

function fixedForm({ digits, point }: Decimal, precision: number): string {
  const whole = point <= 0 ? "0" : digits.slice(0, point).padEnd(point, "0");
  const rest = point <= 0 ? "0".repeat(-point) + digits : digits.slice(point);
  const fraction = precision < 0 ? rest : rest.slice(0, precision).padEnd(precision, "0");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

function significant(magnitude: number, count: number): Decimal {
  if (magnitude === 0) return { digits: "0".padEnd(count, "0"), point: 1 };
  if (count < 0) return shortest(magnitude);
  const exact = exactDecimal(magnitude);
  return rounded(exact, count);
}

/** With `precision` digits after the point. */
function decimals(magnitude: number, precision: number): Decimal {
  if (magnitude === 0) return ZERO;
  const exact = exactDecimal(magnitude);
  const keep = exact.point + precision;
  return keep < 0 ? { digits: "0", point: 1 - precision } : rounded(exact, keep);
}

function shortest(magnitude: number): Decimal {
  if (magnitude === 0) return ZERO;
  const [mantissa = "", exponent = "0"] = magnitude.toExponential().split("e");
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

function rounded({ digits, point }: Decimal, keep: number): Decimal {
  if (digits.length <= keep) return { digits: digits.padEnd(keep, "0"), point };
  const kept = digits.slice(0, keep);
  const rest = digits.slice(keep);
  const isHalf = /^50*$/.test(rest);
  const isOdd = Number(kept.at(-1) ?? "0") % 2 === 1;
  const goesUp = isHalf ? isOdd : rest.charCodeAt(0) >= 53;
  if (!goesUp) return { digits: kept === "" ? "0" : kept, point: kept === "" ? point + 1 : point };
  const more = String(BigInt(kept === "" ? "0" : kept) + 1n).padStart(keep, "0");
  // 9.99 may become 10.0: the same number of digits, the point one further.
  return { digits: more.slice(0, Math.max(keep, 1)), point: point + (more.length - keep) };
}

function trimmed({ digits, point }: Decimal): Decimal {
  const short = digits.replace(/0+$/, "");
  return short === "" ? ZERO : { digits: short, point };
}

/** All digits of a double: at most some hundreds. */
function exactDecimal(magnitude: number): Decimal {
  const bits = new BigUint64Array(Float64Array.of(magnitude).buffer)[0] ?? 0n;
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = field === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = (field === 0 ? 1 : field) - 1075;
  if (exponent >= 0) {
    const digits = String(mantissa << BigInt(exponent));
    return { digits, point: digits.length };
  }
  // m / 2^k = m · 5^k / 10^k
  const digits = String(mantissa * 5n ** BigInt(-exponent));
  return { digits, point: digits.length + exponent };
}

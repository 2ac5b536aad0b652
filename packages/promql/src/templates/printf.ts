/** Go's fmt verbs: `printf`, `print` and `println` of templates, with fmt's own texts for verbs that do not fit. */
import { quote, quoteRune } from "../go-format/quoted-text.ts";
import { formatFloat } from "./go-decimal.ts";
import { type GoInt, objectText, type TemplateValue, typeName, valueText } from "./values.ts";

interface Verb {
  readonly letter: string;
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number | null;
  readonly precision: number | null;
}

const VERB = /%([-+# 0]*)(\[\d+\])?(\*|\d+)?(?:(\.)(\[\d+\])?(\*|\d+)?)?(\[\d+\])?([\s\S])?/uy;
/** Wider than any column of a text; a larger one is only there to fill the memory. */
const MAX_WIDTH = 10_000;

export function sprintf(format: string, args: readonly TemplateValue[]): string {
  return new Printing(format, args).text();
}

class Printing {
  readonly #format: string;
  readonly #args: readonly TemplateValue[];
  #next = 0;
  /** `%[1]d` was used: arguments that are left over say nothing then. */
  #reordered = false;

  constructor(format: string, args: readonly TemplateValue[]) {
    this.#format = format;
    this.#args = args;
  }

  text(): string {
    let text = "";
    let at = 0;
    for (;;) {
      const percent = this.#format.indexOf("%", at);
      if (percent < 0) return text + this.#format.slice(at) + this.#extra();
      text += this.#format.slice(at, percent);
      VERB.lastIndex = percent;
      const match = VERB.exec(this.#format);
      if (match === null) return text;
      at = percent + match[0].length;
      text += this.#verb(match);
    }
  }

  #verb(match: RegExpExecArray): string {
    const [, flags = "", widthIndex, width, dot, precisionIndex, precision, argIndex, letter] = match;
    if (letter === undefined) return "%!(NOVERB)";
    if (letter === "%") return "%";
    this.#goTo(widthIndex);
    const widthValue = width === "*" ? starOf(this.#take()) : numberOf(width);
    this.#goTo(precisionIndex);
    const precisionValue =
      precision === "*" ? starOf(this.#take()) : dot === undefined ? null : Number(precision ?? 0);
    this.#goTo(argIndex);
    const arg = this.#take();
    if (arg === null) return `%!${letter}(${this.#reordered ? "BADINDEX" : "MISSING"})`;
    const minus = flags.includes("-") || (widthValue ?? 0) < 0;
    return formatted(arg.value, {
      letter,
      minus,
      plus: flags.includes("+"),
      sharp: flags.includes("#"),
      space: flags.includes(" "),
      zero: flags.includes("0") && !minus,
      width: widthValue === null ? null : Math.min(Math.abs(widthValue), MAX_WIDTH),
      precision: precisionValue === null ? null : Math.min(precisionValue, MAX_WIDTH),
    });
  }

  #goTo(index: string | undefined): void {
    if (index === undefined) return;
    this.#next = Number(index.slice(1, -1)) - 1;
    this.#reordered = true;
  }

  #take(): { value: TemplateValue } | null {
    const index = this.#next++;
    return index >= 0 && index < this.#args.length ? { value: this.#args[index] } : null;
  }

  #extra(): string {
    if (this.#reordered || this.#next >= this.#args.length) return "";
    const shown = this.#args
      .slice(this.#next)
      .map((arg) => (arg === null || arg === undefined ? "<nil>" : `${typeName(arg)}=${valueText(arg)}`));
    return `%!(EXTRA ${shown.join(", ")})`;
  }
}

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function starOf(arg: { value: TemplateValue } | null): number | null {
  const value = arg?.value;
  return typeof value === "object" && value !== null && value.kind === "int" ? value.value : null;
}

/** `fmt.Sprint`: a blank between two operands of which neither is a string. */
export function sprint(args: readonly TemplateValue[]): string {
  return args.reduce<string>((text, arg, index) => {
    const before = args[index - 1];
    const blank = index > 0 && typeof arg !== "string" && typeof before !== "string" ? " " : "";
    return text + blank + valueText(arg);
  }, "");
}

function formatted(value: TemplateValue, verb: Verb): string {
  switch (verb.letter) {
    case "T":
      return padded(typeName(value), verb);
    case "v":
      if (verb.sharp) return padded(goSyntax(value), verb);
      return plainValue(value, verb);
    default:
      return byType(value, verb);
  }
}

function plainValue(value: TemplateValue, verb: Verb): string {
  if (typeof value === "number") return floatVerb(value, { ...verb, letter: "g" });
  if (typeof value === "object" && value?.kind === "int") return intVerb(value, { ...verb, letter: "d" });
  return padded(cut(valueText(value), verb), verb);
}

function byType(value: TemplateValue, verb: Verb): string {
  switch (typeof value) {
    case "number":
      return /^[eEfFgG]$/.test(verb.letter) ? floatVerb(value, verb) : bad(value, verb);
    case "boolean":
      return verb.letter === "t" ? padded(String(value), verb) : bad(value, verb);
    case "string":
      return stringVerb(value, verb);
    case "undefined":
      return bad(value, verb);
    default:
      break;
  }
  if (value === null) return bad(value, verb);
  if (value.kind === "int") return intVerb(value, verb);
  if (value.kind === "time" || value.kind === "duration")
    return /^[sq]$/.test(verb.letter) ? stringVerb(valueText(value), verb) : bad(value, verb);
  return objectText(value, (part) => formatted(part, verb));
}

function stringVerb(value: string, verb: Verb): string {
  switch (verb.letter) {
    case "s":
      return padded(cut(value, verb), verb);
    case "q":
      return padded(quote(cut(value, verb)), verb);
    case "x":
    case "X": {
      const bytes = new TextEncoder().encode(value);
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      return padded(verb.letter === "x" ? hex : hex.toUpperCase(), verb);
    }
    default:
      return bad(value, verb);
  }
}

function floatVerb(value: number, verb: Verb): string {
  const letter = verb.letter.toLowerCase();
  const format = letter === "e" || letter === "f" ? letter : "g";
  let text = formatFloat(value, format, verb.precision ?? (format === "g" ? -1 : 6));
  if (verb.letter === "E" || verb.letter === "G") text = text.replace("e", "E");
  const isNumber = Number.isFinite(value);
  const hasSign = /^[-+]/.test(text);
  if (!isNumber && text === "+Inf" && !verb.plus) text = verb.space ? " Inf" : "+Inf";
  else if (!hasSign && verb.plus) text = `+${text}`;
  else if (!hasSign && verb.space) text = ` ${text}`;
  return padded(text, isNumber ? verb : { ...verb, zero: false });
}

function intVerb({ value }: GoInt, verb: Verb): string {
  const magnitude = Math.abs(value);
  const digits = intDigits(magnitude, verb);
  if (digits === null) {
    if (verb.letter === "c") return padded(String.fromCodePoint(magnitude), verb);
    if (verb.letter === "q") return padded(quoteRune(String.fromCodePoint(magnitude)), verb);
    if (verb.letter === "U")
      return padded(`U+${magnitude.toString(16).toUpperCase().padStart(4, "0")}`, verb);
    return `%!${verb.letter}(int=${value})`;
  }
  const filled = verb.precision === null ? digits : digits.padStart(verb.precision, "0");
  const sign = value < 0 ? "-" : verb.plus ? "+" : verb.space ? " " : "";
  return padded(sign + filled, verb.precision === null ? verb : { ...verb, zero: false });
}

function intDigits(magnitude: number, { letter, sharp }: Verb): string | null {
  switch (letter) {
    case "d":
    case "v":
      return String(magnitude);
    case "b":
      return (sharp ? "0b" : "") + magnitude.toString(2);
    case "o":
      return (sharp ? "0" : "") + magnitude.toString(8);
    case "O":
      return `0o${magnitude.toString(8)}`;
    case "x":
      return (sharp ? "0x" : "") + magnitude.toString(16);
    case "X":
      return (sharp ? "0X" : "") + magnitude.toString(16).toUpperCase();
    default:
      return null;
  }
}

function goSyntax(value: TemplateValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object" || value === null) return valueText(value);
  if (value.kind === "map")
    return `${typeName(value)}{${[...value.entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => `${quote(key)}:${goSyntax(inner)}`)
      .join(", ")}}`;
  return valueText(value);
}

function bad(value: TemplateValue, { letter }: Verb): string {
  if (value === null || value === undefined) return `%!${letter}(<nil>)`;
  return `%!${letter}(${typeName(value)}=${valueText(value)})`;
}

function cut(text: string, { precision }: Verb): string {
  return precision === null ? text : [...text].slice(0, precision).join("");
}

function padded(text: string, { width, minus, zero }: Verb): string {
  const missing = (width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (minus) return text + " ".repeat(missing);
  if (!zero) return " ".repeat(missing) + text;
  const sign = /^[-+ ]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}

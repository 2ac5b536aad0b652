/** Go's `Regexp.ReplaceAllString` over RE2: `$1`, `${1}`, `$name`; `$1_` is a group called `1_`. */
import type { RE2JS } from "re2js";

const REFERENCE = /\$(?:\$|\{([\p{L}\p{N}_]+)\}|([\p{L}\p{N}_]+))/gu;

export function replaceAll(pattern: RE2JS, replacement: string, text: string): string {
  const matcher = pattern.matcher(text);
  let result = "";
  let lastEnd = 0;
  let at = 0;
  while (at <= text.length && matcher.find(at)) {
    const start = matcher.start();
    const end = matcher.end();
    result += text.slice(lastEnd, start);
    // An empty match right behind a match counts for nothing.
    if (end > lastEnd || start === 0) {
      const groups = Array.from(
        { length: matcher.groupCount() + 1 },
        (_, index) => matcher.group(index) ?? "",
      );
      const names = pattern.namedGroups();
      result += replacement.replaceAll(REFERENCE, (whole, braced?: string, plain?: string) => {
        if (whole === "$$") return "$";
        const name = braced ?? plain ?? "";
        if (/^\d+$/.test(name)) return groups[Number(name)] ?? "";
        return Object.hasOwn(names, name) ? (groups[names[name] ?? -1] ?? "") : "";
      });
    }
    lastEnd = end;
    at = end > at ? end : at + width(text, at);
  }
  return result + text.slice(lastEnd);
}

function width(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

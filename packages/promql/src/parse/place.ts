/** A place in a query as `line:column`, both from 1; columns count bytes of UTF-8, as Prometheus does. */
export function placeText(input: string, offset: number): string {
  const before = input.slice(0, offset);
  const line = before.split("\n").length;
  const sinceBreak = before.slice(before.lastIndexOf("\n") + 1);
  return `${line}:${new TextEncoder().encode(sinceBreak).length + 1}`;
}

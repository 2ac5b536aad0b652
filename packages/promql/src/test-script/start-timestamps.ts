/**
 * Lines of a test script that give a series its start timestamps: `name{…}@st -1m 0sx3 _`, before the samples of the same
 * series; `@st …` alone is for all series of the block that have none of their own. Offsets from the sample's time.
 */
import { parseScriptDuration } from "./script-duration.ts";

/** Milliseconds from the sample's time, null for none. */
export type StartOffset = number | null;

const MAX_REPEATS = 5_000_000;
const ITEM =
  /^(?:(_)|(\*)|([+-]?(?:\d+(?:ms|[ywdhms]))+|[+-]?0)(?:([+-])([+-]?(?:\d+(?:ms|[ywdhms]))+|0)(?=x))?)(?:x(\d+))?$/;

/** The series and the offsets of such a line, null for any other line. @throws SyntaxError, RangeError */
export function readStartTimestamps(line: string): { series: string; offsets: StartOffset[] } | null {
  const match = /^(.*?)@st(?:[ \t]+(.*))?$/.exec(line);
  if (match === null) return null;
  const [, series = "", items = ""] = match;
  // An @st inside a quoted label value is no such line.
  if ((series.replaceAll(/\\./g, "").match(/"/g)?.length ?? 0) % 2 === 1) return null;
  const offsets: StartOffset[] = [];
  for (const item of items.split(/[ \t]+/).filter((text) => text !== "")) addItem(item, offsets);
  return { series: series.trim(), offsets };
}

function addItem(item: string, offsets: StartOffset[]): void {
  const match = ITEM.exec(item);
  if (match === null) throw new SyntaxError(`"${item}" is no item of start timestamps`);
  const [, omitted, again, first = "0", sign, step, times] = match;
  const repeats = Number(times ?? 0);
  if (repeats > MAX_REPEATS) throw new SyntaxError(`"${item}" repeats too often`);
  if (omitted !== undefined) {
    const count = times === undefined ? 1 : repeats;
    for (let index = 0; index < count; index++) offsets.push(null);
    return;
  }
  const last = offsets.findLast((offset) => offset !== null) ?? 0;
  const increment = step === undefined ? 0 : signed(step) * (sign === "-" ? -1 : 1);
  let offset = again === undefined ? signed(first) : last;
  for (let index = 0; index <= repeats; index++) {
    offsets.push(offset);
    offset += increment;
  }
}

function signed(text: string): number {
  const ms = parseScriptDuration(text.replace(/^[+-]/, ""));
  return text.startsWith("-") ? -ms : ms;
}

/** `load <step>` and `load_with_nhcb <step>` with their lines of series. */

import { type LoadCommand, type LoadedSeries, onLine, type ScriptLine } from "./script-commands.ts";
import { parseScriptDuration } from "./script-duration.ts";
import { parseSeriesLine, parseSeriesName } from "./series-line.ts";
import { readStartTimestamps, type StartOffset } from "./start-timestamps.ts";

const HEAD = /^load(_with_nhcb)?\s+(.+)$/i;

/** @throws SyntaxError, RangeError, LineError */
export function parseLoad(head: ScriptLine, body: readonly ScriptLine[]): LoadCommand {
  const match = HEAD.exec(head.text);
  if (match === null) throw new SyntaxError("invalid load command: load[_with_nhcb] <step>");
  // Of a series that is written twice in a block only the last line counts.
  const series = new Map<string, LoadedSeries>();
  let all: readonly StartOffset[] | null = null;
  let pending: { line: ScriptLine; key: string; offsets: readonly StartOffset[] } | null = null;
  for (const line of body) {
    const starts = onLine(line, () => readStartTimestamps(line.text));
    if (starts !== null) {
      if (pending !== null) refuseUnused(pending.line);
      if (starts.series === "") all = starts.offsets;
      else
        pending = {
          line,
          key: onLine(line, () => parseSeriesName(starts.series)).key,
          offsets: starts.offsets,
        };
      continue;
    }
    const parsed = onLine(line, () => parseSeriesLine(line.text));
    if (pending !== null) {
      const { key, offsets } = pending;
      onLine(pending.line, () => {
        if (key !== parsed.labels.key)
          throw new SyntaxError("@st metric does not match the following sample line metric");
        if (offsets.length !== parsed.values.length)
          throw new SyntaxError(
            `@st line has ${offsets.length} values but sample line has ${parsed.values.length}`,
          );
      });
    }
    series.set(parsed.labels.key, { ...parsed, startOffsets: pending?.offsets ?? all });
    pending = null;
  }
  if (pending !== null) refuseUnused(pending.line);
  return {
    kind: "load",
    line: head.line,
    stepMs: parseScriptDuration((match[2] ?? "").trim()),
    withNativeHistograms: match[1] !== undefined,
    series: [...series.values()],
  };
}

function refuseUnused(line: ScriptLine): never {
  return onLine(line, () => {
    throw new SyntaxError("@st line has no following sample line");
  });
}

/** changes and resets: how often the value changed, how often it fell. Counted once for a series, then by difference. */
import type { PrepareKernel } from "../evaluate/windows.ts";
import { edgeSamples } from "./extended-rates.ts";
import type { WindowFunction } from "./function-kinds.ts";

type Happened = (previous: number, value: number) => boolean;

function counting(happened: Happened): WindowFunction {
  return { kind: "window", keepsName: false, wantsCounter: false, prepare: prepareCount(happened) };
}

function prepareCount(happened: Happened): PrepareKernel {
  return ({ times, values }, column, window) => {
    const counts = new Int32Array(values.length);
    for (let index = 1; index < values.length; index++) {
      const more = happened(values[index - 1] as number, values[index] as number) ? 1 : 0;
      counts[index] = (counts[index - 1] as number) + more;
    }
    return (low, high, step, end) => {
      let first = low;
      if (window.mode !== "plain") {
        const edges = edgeSamples(times, low, high, end - window.rangeMs, end, false);
        if (edges === undefined) return;
        first = edges.first;
      }
      column.values[step] = (counts[high - 1] as number) - (counts[first] as number);
      column.present[step] = 1;
    };
  };
}

export const CHANGE_FUNCTIONS: Readonly<Record<string, WindowFunction>> = {
  changes: counting(
    (previous, value) => value !== previous && !(Number.isNaN(value) && Number.isNaN(previous)),
  ),
  resets: counting((previous, value) => value < previous),
};

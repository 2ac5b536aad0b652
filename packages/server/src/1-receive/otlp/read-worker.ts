/** The thread that reads large requests: one request at a time, handed back slice by slice, each when it is asked for. */
import { parentPort } from "node:worker_threads";
import type { IntakeBatch } from "../../model/intake.ts";
import { type OtlpRequest, type ReadRequest, readRequest } from "./read-request.ts";
import { OtlpDecodeError } from "./wire/decode-error.ts";

export type ToWorker = { what: "read"; request: OtlpRequest } | { what: "next" };

export type FromWorker =
  | { what: "slice"; slice: IntakeBatch }
  | { what: "end"; result: Omit<ReadRequest, "slices"> }
  /** An error's class does not survive the way between threads. */
  | { what: "refused"; error: Pick<OtlpDecodeError, "code" | "fieldPath" | "problem"> };

let slices: Iterator<IntakeBatch> = [].values();
let result: Omit<ReadRequest, "slices"> = { rejected: { count: 0, reasons: [] }, items: 0 };

parentPort?.on("message", (message: ToWorker) => {
  parentPort?.postMessage(answer(message));
});

function answer(message: ToWorker): FromWorker {
  try {
    if (message.what === "read") {
      const { slices: all, ...rest } = readRequest(message.request);
      slices = all.values();
      result = rest;
    }
    const next = slices.next();
    return next.done === true ? { what: "end", result } : { what: "slice", slice: next.value };
  } catch (error) {
    if (!(error instanceof OtlpDecodeError)) throw error;
    const { code, fieldPath, problem } = error;
    return { what: "refused", error: { code, fieldPath, problem } };
  }
}

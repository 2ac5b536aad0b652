/** What the job's thread and the sending thread say to each other. */
import type { MessagePort } from "node:worker_threads";
import type { Attributes } from "@opentelemetry/api";
import type { BeatenRun } from "./beats.ts";
import type { Destination, OtlpProtocol, OtlpSignal } from "./export-options.ts";

export interface WorkerInput {
  port: MessagePort;
  destinations: Destination[];
  resource: Attributes;
  /** null: nothing is spooled. */
  spoolDirectory: string | null;
  /** 1 when everything is sent or spooled: the job's thread waits for it at its exit. */
  finished: Int32Array<SharedArrayBuffer>;
  /** See LOOP_SLOT. */
  loop: Float64Array<SharedArrayBuffer>;
}

export type Bodies = Partial<Record<OtlpProtocol, Uint8Array>>;

export type ToWorker =
  | { kind: "send"; id: number; signal: OtlpSignal; bodies: Bodies }
  | { kind: "run started"; run: BeatenRun }
  | { kind: "run ended"; key: number }
  | { kind: "finish"; timeoutMs: number };

export type FromWorker =
  | { kind: "acknowledged"; id: number }
  | { kind: "warning"; text: string }
  | { kind: "finished" };

/**
 * The sending thread: takes serialised requests from the job's thread and sends them, so that a run's start is told while the
 * job is busy, and its end while the process waits to exit. It prints nothing and keeps no process alive.
 */
import { workerData } from "node:worker_threads";
import { type BeatenRun, Beats } from "./beats.ts";
import { DestinationSender } from "./destination-sender.ts";
import { OtlpSpool } from "./otlp-spool.ts";
import type { ToWorker, WorkerInput } from "./worker-messages.ts";

const input = workerData as WorkerInput;
const { port, finished, loop, spoolDirectory } = input;
const spool = spoolDirectory === null ? null : new OtlpSpool(spoolDirectory);
/** Of each body, how many destinations have yet to take it. */
const open = new Map<number, number>();

const senders = input.destinations.map(
  (destination) =>
    new DestinationSender({
      destination,
      spool,
      now: Date.now,
      warn: (text) => port.postMessage({ kind: "warning", text }),
      acknowledge(id) {
        const left = (open.get(id) ?? 1) - 1;
        if (left > 0) open.set(id, left);
        else {
          open.delete(id);
          port.postMessage({ kind: "acknowledged", id });
        }
      },
    }),
);

const beats = new Beats({
  resource: input.resource,
  loop,
  now: Date.now,
  send(body) {
    for (const sender of senders) void sender.sendNow(body);
  },
});

port.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "send": {
      const { id, signal, bodies } = message;
      const takers = senders.filter(({ destination }) => destination.signals.includes(signal));
      open.set(id, takers.length);
      if (takers.length === 0) port.postMessage({ kind: "acknowledged", id });
      for (const sender of takers) {
        const { protocol } = sender.destination;
        const body = bodies[protocol];
        if (body !== undefined) sender.send(id, { signal, protocol, body });
      }
      return;
    }
    case "run started":
      beats.start(message.run as BeatenRun);
      return;
    case "run ended":
      beats.end(message.key);
      return;
    case "finish":
      void finish(message.timeoutMs);
  }
});

async function finish(timeoutMs: number): Promise<void> {
  beats.endAll();
  await Promise.allSettled(senders.map((sender) => sender.finish(timeoutMs)));
  Atomics.store(finished, 0, 1);
  Atomics.notify(finished, 0);
  port.postMessage({ kind: "finished" });
}

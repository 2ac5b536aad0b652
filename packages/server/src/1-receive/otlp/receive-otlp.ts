/**
 * One OTLP request of either transport: decoded, mapped, handed to the intake slice by slice; answered after the last commit with
 * what was left out. A request that fails half way is sent again by its client: everything in it is told by identity.
 */
import type { Clock } from "../../lib/clock.ts";
import type { Intake, IntakeBatch } from "../../model/intake.ts";
import type { RefusedSamples } from "../../model/samples.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import { LargeBodyReader } from "./large-body-reader.ts";
import { type OtlpRequest, type ReadRequest, readRequest } from "./read-request.ts";
import { type PartialSuccess, partialSuccessOf } from "./wire/encode-response.ts";
import type { OtlpFormat, OtlpSignal, RejectedItems } from "./wire/otlp-types.ts";

export interface OtlpParts {
  intake: Intake;
  clock: Clock;
  selfMetrics: SelfMetrics;
}

export type ReceiveOtlp = (
  signal: OtlpSignal,
  body: Buffer,
  format: OtlpFormat,
  namespace: string | null,
) => Promise<PartialSuccess | null>;

/** Reading this much takes about 30 ms: more of it goes to a worker. */
const READ_HERE_BYTES = 512 * 1024;

/** @throws OtlpDecodeError (never retry), IntakeOverloadedError and StorageError (retry). */
export function createOtlpReceiver({ intake, clock, selfMetrics }: OtlpParts): ReceiveOtlp {
  const meter = selfMetrics.stage("receive_otlp");
  const largeBodies = new LargeBodyReader();
  return async (signal, body, format, namespace) => {
    const begunAt = performance.now();
    const request: OtlpRequest = { signal, body, format, namespace, receivedAt: clock.now() };
    const refused: RefusedSamples[] = [];
    const submit = async (slice: IntakeBatch): Promise<void> => {
      const { refusedSamples } = await intake.submit(slice);
      if (refusedSamples !== null) refused.push(refusedSamples);
    };
    const isLarge = body.length > READ_HERE_BYTES;
    const { rejected: unread, items } = isLarge
      ? await largeBodies.read(request, submit)
      : await readHere(request, submit);
    const rejected = withRefused(unread, refused);
    if (rejected.count > 0)
      selfMetrics.count("otlp_rejected", "OTLP items left out of a request.", { signal }, rejected.count);
    meter.done(performance.now() - begunAt, items);
    return partialSuccessOf(rejected);
  };
}

/** What a limit on series kept out counts as rejected too: sending it again does not help. */
function withRefused(unread: RejectedItems, refused: readonly RefusedSamples[]): RejectedItems {
  const [first] = refused;
  if (first === undefined) return unread;
  const count = refused.reduce((sum, { samples }) => sum + samples, unread.count);
  return { count, reasons: [...unread.reasons, first.reason] };
}

async function readHere(
  request: OtlpRequest,
  submit: (slice: IntakeBatch) => Promise<void>,
): Promise<Omit<ReadRequest, "slices">> {
  const { slices, ...result } = readRequest(request);
  for (const slice of slices) await submit(slice);
  return result;
}

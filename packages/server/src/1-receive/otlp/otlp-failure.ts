/**
 * What goes wrong with an OTLP request, told in the protocol's own terms for both transports: a google.rpc.Status and the HTTP
 * status beside it. Overload is 503 / UNAVAILABLE with a delay, never 429: several exporters drop their data on 429 (INGEST 0, 1).
 */
import { HttpProblem } from "../../lib/http-problem.ts";
import { IntakeOverloadedError } from "../../model/intake.ts";
import { StorageError } from "../../storage/storage-error.ts";
import { OtlpDecodeError } from "./wire/decode-error.ts";
import { RPC_CODE, type RpcStatus } from "./wire/encode-response.ts";

export interface OtlpFailure {
  httpStatus: number;
  status: RpcStatus;
}

const STORAGE_RETRY_MS = 5_000;

const RPC_CODE_BY_HTTP: ReadonlyMap<number, number> = new Map([
  [401, RPC_CODE.unauthenticated],
  [403, RPC_CODE.permissionDenied],
  [404, RPC_CODE.unimplemented],
  [413, RPC_CODE.resourceExhausted],
  [503, RPC_CODE.unavailable],
]);

/** Answers null for what nobody foresaw: log it and answer 500 / INTERNAL without details. */
export function failureOf(error: unknown): OtlpFailure | null {
  if (error instanceof OtlpDecodeError) {
    const fieldViolations =
      error.fieldPath === "" ? [] : [{ field: error.fieldPath, description: error.problem }];
    return {
      httpStatus: 400,
      status: { code: RPC_CODE.invalidArgument, message: error.message, fieldViolations },
    };
  }
  if (error instanceof IntakeOverloadedError)
    return unavailable(error.message, error.retryAfterSeconds * 1000);
  if (error instanceof StorageError)
    return error.code === "INVALID_VALUE"
      ? { httpStatus: 400, status: { code: RPC_CODE.invalidArgument, message: error.message } }
      : unavailable(error.message, STORAGE_RETRY_MS);
  if (error instanceof HttpProblem) {
    const code = RPC_CODE_BY_HTTP.get(error.status) ?? RPC_CODE.invalidArgument;
    return { httpStatus: error.status, status: { code, message: error.message } };
  }
  // What its maker calls retryable: the server is stopping, another writer was in the way.
  if (error instanceof Error && "retryable" in error && error.retryable === true)
    return unavailable(error.message, STORAGE_RETRY_MS);
  return null;
}

function unavailable(message: string, retryDelayMs: number): OtlpFailure {
  return { httpStatus: 503, status: { code: RPC_CODE.unavailable, message, retryDelayMs } };
}

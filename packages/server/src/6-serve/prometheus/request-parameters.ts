/**
 * The parameters of a request to Prometheus's HTTP API: from the query string and, for POST, from a form body. Receives
 * text; hands on epoch milliseconds, durations and limits. Errors are worded as Prometheus words them, because clients
 * show them as they are.
 */
import { parseDuration } from "@batchwatch/promql/go-format/duration-text";
import type { FastifyRequest } from "fastify";
import { PrometheusError } from "./prometheus-error.ts";

/** What a bare `start` or `end` of the listings means: everything that is stored. */
export const EARLIEST_AT = -8.64e15;
export const LATEST_AT = 8.64e15;

/** All values of all names; those of the body stand before those of the address, as in Go's `Request.Form`. */
export function readParameters(request: FastifyRequest): URLSearchParams {
  const query = request.url.indexOf("?");
  const ofAddress = query < 0 ? "" : request.url.slice(query + 1);
  const ofBody = Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "";
  return new URLSearchParams(
    ofBody === "" || ofAddress === "" ? ofBody + ofAddress : `${ofBody}&${ofAddress}`,
  );
}

/** Unix seconds with a fraction, or RFC 3339. @throws PrometheusError */
export function timeParameter(parameters: URLSearchParams, name: string, missing: number): number;
export function timeParameter(parameters: URLSearchParams, name: string, missing?: undefined): number;
export function timeParameter(parameters: URLSearchParams, name: string, missing?: number): number {
  const text = parameters.get(name) ?? "";
  if (text === "") {
    if (missing !== undefined) return missing;
    throw PrometheusError.parameter(name, `cannot parse "" to a valid timestamp`);
  }
  const at = parseTime(text);
  if (at === null)
    throw PrometheusError.parameter(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return at;
}

function parseTime(text: string): number | null {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    const at = Math.round(Number(text) * 1000);
    return Number.isSafeInteger(at) ? at : null;
  }
  if (!/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** Seconds with a fraction, or a duration such as `1m30s`. @throws PrometheusError */
export function durationParameter(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name) ?? "";
  if (text === "") return undefined;
  const ms = parseDurationMs(text);
  if (ms === null)
    throw PrometheusError.parameter(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
  return ms;
}

function parseDurationMs(text: string): number | null {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    const ms = Math.round(Number(text) * 1000);
    return Number.isSafeInteger(ms) ? ms : null;
  }
  const ms = parseDuration(text);
  return typeof ms === "number" ? ms : null;
}

/** A whole number; 0 and missing mean no limit. @throws PrometheusError */
export function limitParameter(parameters: URLSearchParams, name = "limit"): number {
  const text = parameters.get(name) ?? "";
  if (text === "") return 0;
  if (!/^\d+$/.test(text))
    throw PrometheusError.parameter(name, `${JSON.stringify(text)} must be a whole number of at least 0`);
  return Number(text);
}

/**
 * Requests that are answered without the HTTP framework, because there are thousands of them a second and each is as plain as can
 * be: a short address without escapes, no body, no browser. Whatever is not plain takes the usual way, so a short way must
 * answer as the usual one does (6-serve/short-way.ts says what is plain).
 */
import type { IncomingHttpHeaders } from "node:http";

declare module "fastify" {
  interface FastifyInstance {
    /** Call it before the server listens. */
    addShortWay(way: ShortWay): void;
  }
}

export interface ShortRequest {
  /** What follows the prefix, up to the query. */
  path: string;
  /** After the question mark; empty where there is none. */
  query: string;
  headers: IncomingHttpHeaders;
  remoteAddress: string | undefined;
}

export interface ShortAnswer {
  status: number;
  headers?: Readonly<Record<string, string>> | undefined;
  body: string;
  /** Of a refusal: what it is counted under. */
  code?: string | undefined;
}

export interface ShortWay {
  /** Addresses that begin so. */
  prefix: string;
  /** The route that the usual way has for them, and its stage. */
  route: string;
  stage: string;
  /** Of every answer. */
  headers: Readonly<Record<string, string>>;
  /** null = the usual way. */
  take(request: ShortRequest): Promise<ShortAnswer> | null;
  /** What to answer when `take` rejects with what it did not foresee. */
  failed(error: unknown): ShortAnswer;
}

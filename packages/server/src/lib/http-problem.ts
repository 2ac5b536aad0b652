/**
 * What an HTTP request is refused with: RFC 9457 problem details. Thrown anywhere on the way of a request; the server's
 * error handler (6-serve/http-errors.ts) answers with it, a receiver with its own wire format translates it.
 */
import type { FieldProblem, Problem } from "@batchwatch/protocol";

interface HttpProblemOptions {
  /** Fields that are wrong, in the names the sender used. */
  errors?: readonly FieldProblem[];
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
}

export class HttpProblem extends Error {
  readonly status: number;
  /** Stable, snake_case; clients tell problems apart by it. */
  readonly code: string;
  readonly title: string;
  readonly errors: readonly FieldProblem[];
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail what happened and what to do, for people */
  constructor(status: number, code: string, title: string, detail: string, options: HttpProblemOptions = {}) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "HttpProblem";
    this.status = status;
    this.code = code;
    this.title = title;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }

  /** Fastify reads this one. */
  get statusCode(): number {
    return this.status;
  }
}

export function problemBody(problem: HttpProblem, instance?: string): Problem {
  return {
    type: `urn:batchwatch:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    ...(instance === undefined ? {} : { instance }),
    ...(problem.errors.length === 0 ? {} : { errors: [...problem.errors] }),
  };
}

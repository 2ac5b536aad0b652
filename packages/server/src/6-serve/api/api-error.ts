/**
 * Refusals of the API. Receives: errors thrown in routes and the findings of the schemas. Hands on: a problem (RFC 9457)
 * with a code, the names of the wrong fields and what to do; anything else goes to the server's own error handler.
 */
import {
  type FieldProblem,
  nearestName,
  problemSchema,
  problemsText,
  unknownKeyMessage,
} from "@batchwatch/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";
import { HttpProblem, problemBody } from "../../lib/http-problem.ts";
import type { JobKey } from "../../model/identity.ts";
import { StorageError } from "../../storage/storage-error.ts";

const CATALOGUE = {
  invalid_parameter: { status: 400, title: "A parameter is not valid" },
  invalid_settings: { status: 400, title: "The settings are not valid" },
  job_not_found: { status: 404, title: "No such job" },
  run_not_found: { status: 404, title: "No such run" },
  dashboard_not_found: { status: 404, title: "No such dashboard" },
  receiver_not_found: { status: 404, title: "No such receiver" },
  incident_not_found: { status: 404, title: "No such incident" },
  ambiguous_run: { status: 409, title: "Several runs have this id" },
} as const;
export type ApiErrorCode = keyof typeof CATALOGUE;

export class ApiError extends HttpProblem {
  /** With ambiguous_run: the jobs to choose from. */
  readonly candidates: readonly JobKey[];

  constructor(
    code: ApiErrorCode,
    detail: string,
    more: { errors?: readonly FieldProblem[]; candidates?: readonly JobKey[] } = {},
  ) {
    const { status, title } = CATALOGUE[code];
    super(status, code, title, detail, more.errors === undefined ? {} : { errors: more.errors });
    this.name = "ApiError";
    this.candidates = more.candidates ?? [];
  }

  /** One wrong parameter. */
  static parameter(field: string, message: string): ApiError {
    return new ApiError("invalid_parameter", `${field}: ${message}`, { errors: [{ field, message }] });
  }

  static settings(errors: readonly FieldProblem[]): ApiError {
    return new ApiError("invalid_settings", problemsText(errors), { errors });
  }
}

/** Error handler of the API's routes; rethrows what it does not know, for the server's own handler. */
export function sendApiError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = error instanceof ApiError ? error : (schemaError(error, request) ?? storageError(error));
  if (known === null) throw error;
  // Query strings can hold secrets.
  const body = problemBody(known, request.url.split("?", 1)[0] ?? "");
  return reply
    .code(known.status)
    .type("application/problem+json")
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(known.candidates.length === 0 ? body : { ...body, candidates: known.candidates.map(onlyKey) });
}

/** Documents the problems that a route can answer with. */
export function problemReplies<S extends number>(
  ...statuses: readonly S[]
): Record<
  S,
  { description: string; content: { "application/problem+json": { schema: typeof problemSchema } } }
> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: DESCRIPTIONS[status] ?? "Problem",
        content: { "application/problem+json": { schema: problemSchema } },
      },
    ]),
  ) as ReturnType<typeof problemReplies<S>>;
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: "A parameter or the body is wrong; `errors` names each field.",
  404: "There is nothing of this name.",
  409: "The name is not unique; `candidates` says what to add.",
};

function schemaError(error: unknown, request: FastifyRequest): ApiError | null {
  if (!hasZodFastifySchemaValidationErrors(error)) return null;
  const errors = error.validation.flatMap(({ instancePath, message, params }) => {
    const field = instancePath.slice(1).replaceAll("/", ".");
    const unknownKeys = z.array(z.string()).safeParse(params.keys);
    if (!unknownKeys.success) return [{ field, message: plain(message ?? "is wrong") }];
    const known = instancePath === "/" ? knownKeys(request, error.validationContext) : [];
    return unknownKeys.data.map((key) => ({ field: key, message: unknownName(key, known) }));
  });
  return new ApiError("invalid_parameter", problemsText(errors), { errors });
}

/** A request has few names: all are told, for whoever writes one has no file with the others before their eyes. */
function unknownName(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === null
    ? unknownKeyMessage(name, known)
    : `is not known; did you mean "${near}"? Known here: ${known.join(", ")}`;
}

/** The names that the route's own schema of this part of a request has. */
function knownKeys(request: FastifyRequest, part: string | undefined): readonly string[] {
  const { schema } = request.routeOptions;
  const ofPart = part === "querystring" ? schema?.querystring : part === "body" ? schema?.body : undefined;
  return ofPart instanceof z.ZodObject ? Object.keys(ofPart.shape) : [];
}

/** What the store finds wrong in what the client sent. */
function storageError(error: unknown): ApiError | null {
  if (!(error instanceof StorageError)) return null;
  if (error.code === "INVALID_CURSOR") return ApiError.parameter("cursor", error.message);
  return error.code === "INVALID_MATCHER" ? ApiError.parameter("match", error.message) : null;
}

/** zod's sentence without its "Invalid input: ", since the field's name stands before it. */
function plain(message: string): string {
  const text = message.replace(/^Invalid input: /, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function onlyKey({ namespace, environment, jobName }: JobKey): JobKey {
  return { namespace, environment, jobName };
}

/** Asks the HTTP API. An answer that is no success becomes an ApiError with the server's problem details (RFC 9457). */
import type { Problem } from "@batchwatch/protocol";
import { apiKey, askForApiKey } from "./api-key.ts";

/** What went wrong, in the server's words where it answered, in ours where it did not. */
export class ApiError extends Error {
  /** 0 = no answer at all. */
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.status = problem.status;
    this.problem = problem;
  }
}

export type QueryValue = string | number | boolean | null | undefined;

/** Gets one resource. `signal` ends the request when nobody waits for it any more. */
export async function getJson<T>(
  path: string,
  query: Record<string, QueryValue> = {},
  signal?: AbortSignal,
): Promise<T> {
  const response = await fetchApi(withQuery(path, query), { signal: signal ?? null });
  return (await response.json()) as T;
}

/** A request with the reader's key; throws an ApiError unless the answer is a success. */
export async function fetchApi(address: string, init: RequestInit): Promise<Response> {
  const response = await fetchWithKey(address, init);
  if (response.ok) return response;
  throw new ApiError(await problemOf(response));
}

/** The same, with whatever is answered; throws an ApiError only where nobody answers. */
export async function fetchWithKey(address: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = apiKey();
  if (key) headers.set("authorization", `Bearer ${key}`);
  let response: Response;
  try {
    response = await fetch(address, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(unreachable());
  }
  // A key that may not read is as good as none: without the question the reader could never give another one.
  if (response.status === 401 || (response.status === 403 && key)) askForApiKey();
  return response;
}

/** Leaves out what is not set: an empty environment is a value, null and undefined are none. */
function withQuery(path: string, query: Record<string, QueryValue>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** One sentence on what the reader can do about it. */
export function remedyFor(error: ApiError): string {
  switch (error.status) {
    case 0:
      return "Check that the server is running and that this machine can reach it. The page tries again by itself.";
    case 401:
      return "Type an API key with the scope “read”. `batchwatch keys create --scope read` makes one.";
    case 403:
      return "Type a key with the scope “read”. `batchwatch keys create --scope read` makes one.";
    case 404:
      return "It may have been removed by retention, or the address is mistyped.";
    case 503:
      return "The server is busy or still starting. The page tries again by itself.";
    default:
      return error.status >= 500
        ? "The server's own log says more. Trying again may help."
        : "Change what is named above and try again.";
  }
}

function unreachable(): Problem {
  return {
    type: "about:blank",
    title: "The server does not answer",
    status: 0,
    code: "unreachable",
    detail: `Nothing answers at ${location.host}.`,
  };
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    type: "about:blank",
    title: response.statusText || `Status ${response.status}`,
    status: response.status,
    code: `http_${response.status}`,
    detail: `${new URL(response.url).pathname} answered with status ${response.status}.`,
  };
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? { ...fallback, ...body } : fallback;
  } catch {
    return fallback;
  }
}

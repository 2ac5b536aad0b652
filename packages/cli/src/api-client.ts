/** Asks the server's API. Every failure becomes a `CliError` that names the server and says what to do. */
import type { Problem } from "@batchwatch/protocol";
import type { Command } from "commander";
import { CliError } from "./cli-error.ts";
import { keyRefusal } from "./sending/key-refusal.ts";
import { type ServerTarget, serverTarget } from "./sending/server-target.ts";
import { unreachableText } from "./sending/unreachable.ts";

const TIMEOUT_MS = 30_000;
/** The API's own bound for one page of any list. */
const PAGE_LIMIT = 200;

export interface ServerOptions {
  url?: string;
  apiKey?: string;
  json?: boolean;
}

/** The options of every verb that talks to a server. */
export function addServerOptions(command: Command): Command {
  return command
    .option("--url <url>", "the server's address (default: BATCHWATCH_URL, else http://127.0.0.1:4318)")
    .option("--api-key <key>", "better: BATCHWATCH_API_KEY, which no process list shows")
    .option("--json", "print JSON, as the API gives it");
}

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export class ApiClient {
  readonly #target: ServerTarget;

  constructor(options: ServerOptions) {
    this.#target = targetOf(options);
  }

  /** @param path e.g. `/api/runs`, its parts encoded already */
  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.#ask<T>(path, query, {}, TIMEOUT_MS);
  }

  /** @param timeoutMs for work that takes its time */
  post<T>(path: string, query: Query, body: object, timeoutMs = TIMEOUT_MS): Promise<T> {
    return this.#ask<T>(path, query, { method: "POST", body: JSON.stringify(body) }, timeoutMs);
  }

  async #ask<T>(path: string, query: Query, init: RequestInit, timeoutMs: number): Promise<T> {
    const url = new URL(`${this.#target.url}${path}`);
    for (const [name, value] of Object.entries(query))
      for (const part of [value ?? []].flat()) url.searchParams.append(name, String(part));
    const headers: Record<string, string> = { accept: "application/json" };
    if (this.#target.apiKey !== null) headers.authorization = `Bearer ${this.#target.apiKey}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(timeoutMs) });
      text = await response.text();
    } catch (error) {
      throw new CliError(this.#unreachable(error));
    }
    if (!response.ok) throw new CliError(this.#refusal(response.status, text));
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new CliError(
        `${this.#target.url} is no Batchwatch server: it answered something else than JSON. Check --url`,
      );
    }
  }

  /** Follows the pages of a list until `wanted` items are there. */
  async list<T>(path: string, query: Query, wanted: number): Promise<Page<T>> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const limit = Math.min(wanted - items.length, PAGE_LIMIT);
      const page: Page<T> = await this.get<Page<T>>(path, { ...query, limit, cursor: cursor ?? undefined });
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null && items.length < wanted);
    return { items, nextCursor: cursor };
  }

  #unreachable(error: unknown): string {
    const cause =
      error instanceof Error ? (error.cause as { code?: string; message?: string } | undefined) : undefined;
    const why = cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : String(error));
    const text = unreachableText(this.#target.url, why);
    return text.includes("certificate")
      ? text
      : `${text}. Is the server running (batchwatch serve)? Another address: --url or BATCHWATCH_URL`;
  }

  #refusal(status: number, text: string): string {
    const problem = problemOf(text);
    const fields = (problem?.errors ?? []).map(({ field, message }) => `\n  ${field}: ${message}`).join("");
    const { code, detail = problem?.title ?? null } = problem ?? {};
    const words = keyRefusal({ status, code, detail }, this.#target.apiKey !== null);
    const said = words ?? (fields === "" ? detail : fields);
    return `${this.#target.url} answered ${status}${said === null ? "" : `: ${said}`}`;
  }
}

/** @throws CliError, a mistake in the options or the environment. */
export function targetOf(options: ServerOptions): ServerTarget {
  try {
    return serverTarget(options, process.env);
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error), 2);
  }
}

function problemOf(text: string): Partial<Problem> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Partial<Problem>) : null;
  } catch {
    return null;
  }
}

/** The body of `POST /api/events` as a list of things that may be events: one object, an array, or one a line (NDJSON). */
import { isUtf8 } from "node:buffer";
import { HttpProblem } from "../../lib/http-problem.ts";

/** @throws HttpProblem 400 that says what is wrong with the body as a whole, 413 when it holds too many. */
export function readEventsBody(body: Buffer | undefined, maxEvents: number): unknown[] {
  if (body === undefined || body.length === 0)
    throw invalid("empty_body", "The body is empty; send one run event or an array of them.");
  if (!isUtf8(body)) throw invalid("invalid_utf8", "The body is not valid UTF-8.");
  const events = parse(body.toString("utf8"));
  if (events.length > maxEvents)
    throw new HttpProblem(
      413,
      "too_many_events",
      "Too many events",
      `The body holds ${events.length} events, at most ${maxEvents} are taken in one request. Send smaller batches. Nothing of it was stored.`,
    );
  return events;
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
    if (typeof value === "object" && value !== null) return [value];
  } catch (error) {
    return parseLines(text) ?? refuse(error);
  }
  throw invalid(
    "invalid_body",
    `The body is ${JSON.stringify(text.trim().slice(0, 40))}; send one run event as an object, or an array of them.`,
  );
}

/** null when it is not one JSON object a line. */
function parseLines(text: string): unknown[] | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length < 2 || !lines.every((line) => line.trimStart().startsWith("{"))) return null;
  const events: unknown[] = [];
  for (const [index, line] of lines.entries()) {
    try {
      events.push(JSON.parse(line) as unknown);
    } catch (error) {
      // The first line decides whether these are lines at all; a later one is named.
      if (index === 0) return null;
      throw invalid(
        "invalid_json",
        `Line ${index + 1} is no valid JSON: ${messageOf(error)}. Nothing was stored.`,
      );
    }
  }
  return events;
}

function refuse(error: unknown): never {
  throw invalid("invalid_json", `The body is no valid JSON: ${messageOf(error)}`);
}

function invalid(code: string, detail: string): HttpProblem {
  return new HttpProblem(400, code, "The body cannot be read", detail, {
    errors: [{ field: "", message: detail }],
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Records and progress that the command reports: lines such as `BATCHWATCH_RECORDS processed=120 failed=3 total=500`
 * in its output, and the same lines, with or without the word, or JSON objects (`{"processed":120}`), on its file
 * descriptor 3. Numbers are totals so far, never increments. Documented in docs/guide/exec.md.
 */
import type { ProgressFact, RecordCounts } from "@batchwatch/protocol/run-event";

const MARKER = Buffer.from("BATCHWATCH_RECORDS");
const NEWLINE = 10;
/** A longer line is no report of records. */
const MAX_LINE_BYTES = 4096;

const COUNTS = ["processed", "failed", "extracted", "transformed", "loaded"] as const;
const ALIASES: Readonly<Record<string, string>> = { errors: "failed", expected: "total", done: "processed" };
const PAIR = /([A-Za-z_]+)\s*[=:]\s*("[^"]*"|'[^']*'|[^\s,;]+)/g;

/** What was reported last. */
export interface ReportedRecords {
  records: RecordCounts;
  progress: ProgressFact;
}

/** Keeps the newest value of everything that was reported, and tells when something changed. */
export class RecordReport {
  readonly #records: RecordCounts = {};
  readonly #progress: ProgressFact = {};
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Takes one line; false when it reports nothing. */
  line(text: string): boolean {
    const pairs = pairsOf(text);
    let known = false;
    for (const [name, value] of pairs) known = this.#take(ALIASES[name] ?? name, value) || known;
    if (known) this.#onChange();
    return known;
  }

  /** Only what was reported; null when nothing was. */
  current(): ReportedRecords | null {
    const progress = { ...this.#progress };
    if (this.#records.processed !== undefined) progress.processed = this.#records.processed;
    if (Object.keys(this.#records).length + Object.keys(progress).length === 0) return null;
    return { records: { ...this.#records }, progress };
  }

  #take(name: string, value: unknown): boolean {
    if (name === "message") {
      if (typeof value !== "string" || value === "") return false;
      this.#progress.message = value.slice(0, 1000).toWellFormed();
      return true;
    }
    const number = typeof value === "number" ? value : Number(String(value).replaceAll("_", ""));
    if (
      value === "" ||
      value === null ||
      !Number.isFinite(number) ||
      number < 0 ||
      number > Number.MAX_SAFE_INTEGER
    )
      return false;
    if (name === "rate") this.#progress.rate = number;
    else if (!Number.isInteger(number)) return false;
    else if (name === "total") this.#progress.total = number;
    else if (isCount(name)) this.#records[name] = number;
    else return false;
    return true;
  }
}

function isCount(name: string): name is (typeof COUNTS)[number] {
  return (COUNTS as readonly string[]).includes(name);
}

function pairsOf(text: string): [string, unknown][] {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) {
    try {
      const value: unknown = JSON.parse(trimmed);
      return typeof value === "object" && value !== null ? Object.entries(value) : [];
    } catch {
      return [];
    }
  }
  return [...trimmed.matchAll(PAIR)].map(([, name = "", value = ""]) => [
    name.toLowerCase(),
    /^["']/.test(value) ? value.slice(1, -1) : value,
  ]);
}

/** Finds the marked lines in a stream of bytes that is passed on elsewhere, over any cut between chunks. */
export class MarkedLineScanner {
  readonly #report: RecordReport;
  #carry: Buffer = Buffer.alloc(0);

  constructor(report: RecordReport) {
    this.#report = report;
  }

  write(chunk: Buffer): void {
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let from = 0;
    for (;;) {
      const at = bytes.indexOf(MARKER, from);
      if (at === -1) {
        // The marker may begin at the end of this chunk.
        this.#carry = Buffer.from(bytes.subarray(Math.max(from, bytes.length - MARKER.length + 1)));
        return;
      }
      const end = bytes.indexOf(NEWLINE, at);
      if (end === -1) {
        const line = bytes.subarray(at);
        this.#carry = line.length > MAX_LINE_BYTES ? Buffer.alloc(0) : Buffer.from(line);
        return;
      }
      this.#line(bytes.subarray(at, end));
      from = end + 1;
    }
  }

  /** The last line may have no newline. */
  end(): void {
    if (this.#carry.indexOf(MARKER) === 0) this.#line(this.#carry);
    this.#carry = Buffer.alloc(0);
  }

  #line(bytes: Buffer): void {
    if (bytes.length > MAX_LINE_BYTES) return;
    this.#report.line(bytes.toString("utf8", MARKER.length));
  }
}

/** Splits what arrives on file descriptor 3 into lines; a line without the marker counts as well. */
export class ReportLineReader {
  readonly #report: RecordReport;
  #carry = "";
  #skipping = false;

  constructor(report: RecordReport) {
    this.#report = report;
  }

  write(chunk: Buffer): void {
    const lines = (this.#carry + chunk.toString("utf8")).split("\n");
    this.#carry = lines.pop() ?? "";
    for (const line of lines) {
      if (!this.#skipping) this.#line(line);
      this.#skipping = false;
    }
    if (this.#carry.length > MAX_LINE_BYTES) {
      this.#carry = "";
      this.#skipping = true;
    }
  }

  end(): void {
    if (!this.#skipping) this.#line(this.#carry);
    this.#carry = "";
  }

  #line(line: string): void {
    this.#report.line(line.replace(/^\s*BATCHWATCH_RECORDS/, ""));
  }
}

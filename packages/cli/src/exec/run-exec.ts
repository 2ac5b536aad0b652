/**
 * `batchwatch exec`: runs a command and tells Batchwatch about it. The command comes first: it is started before anything
 * is sent, never waits for the server, and its end is ours. Behaviour: docs/guide/exec.md.
 *
 * 1. Read the options; take the signals; start the command.
 * 2. While it runs: pass its output through, sample its processes, send `started`, heartbeats and progress.
 * 3. It has ended: take what is left in its pipes, send the end or spool it, end as it did.
 */

import { writeSync } from "node:fs";
import { constants } from "node:os";
import type { ResourceFact } from "@batchwatch/protocol/run-event";
import { EventSender } from "../sending/event-sender.ts";
import { Spool } from "../sending/spool.ts";
import { steadyMs } from "../steady-clock.ts";
import { type ExecOptions, parseExecArguments } from "./exec-arguments.ts";
import { type CommandEnd, ExecRunEvents } from "./exec-run-events.ts";
import { FdWriter } from "./fd-writer.ts";
import { type MemoryCgroup, readMemoryCgroup } from "./memory-cgroup.ts";
import { OutputTail } from "./output-tail.ts";
import { PassThroughOutput } from "./pass-through.ts";
import { ProcessTree, reapedChildrenCpuMs } from "./process-tree.ts";
import { ProgressPacer } from "./progress-pacer.ts";
import { newTraceContext, randomUuid } from "./random-ids.ts";
import { MarkedLineScanner, RecordReport, ReportLineReader } from "./record-lines.ts";
import { cameFromTerminal, FORWARDED_SIGNALS, type ForwardedSignal, ignoredSignals } from "./signals.ts";
import { type StartedCommand, startCommand } from "./start-command.ts";
import { EXEC_USAGE } from "./usage.ts";

const USAGE_EXIT_CODE = 2;
const FIRST_SAMPLE_MS = 5;
const LAST_SAMPLE_MS = 1000;
/** How long a pipe that something else holds open is listened to after the command's end. */
const QUIET_MS = 100;
const ERROR_LINE_BYTES = 2000;
const ERROR_LINE_CHARACTERS = 500;

/** Runs what follows the word `exec`, and ends this process as the command ends. */
export function runExec(argv: readonly string[]): void {
  const said = parseExecArguments(argv, process.env);
  switch (said.kind) {
    case "help":
      process.stdout.write(EXEC_USAGE);
      return;
    case "problem":
      complain(`${said.message}${/[.?!]$/.test(said.message) ? "" : "."} See batchwatch exec --help`);
      process.exitCode = USAGE_EXIT_CODE;
      return;
    case "run":
      void new ExecRun(said.options).run();
  }
}

class ExecRun {
  readonly #options: ExecOptions;
  readonly #trace = newTraceContext(process.env.TRACEPARENT);
  readonly #startedAt = Date.now();
  readonly #startedSteadyMs = steadyMs();
  readonly #events: ExecRunEvents;
  readonly #sender: EventSender;
  readonly #report: RecordReport;
  readonly #pacer: ProgressPacer;
  readonly #tail: OutputTail;
  readonly #errorTail: OutputTail;
  readonly #writers: FdWriter[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #impatience = Promise.withResolvers<void>();
  #command: StartedCommand | null = null;
  #tree: ProcessTree | null = null;
  #cgroup: MemoryCgroup | null = null;
  #oomKillsBefore = 0;
  #hasEnded = false;
  #interruptedAt: ForwardedSignal | null = null;

  constructor(options: ExecOptions) {
    this.#options = options;
    this.#events = new ExecRunEvents(options, options.runId ?? randomUuid(), this.#trace, this.#startedAt);
    this.#sender = new EventSender({
      target: options.target,
      spool: new Spool(options.spoolDirectory),
      now: Date.now,
      warn: (message) => {
        if (!options.quiet) complain(message);
      },
    });
    this.#pacer = new ProgressPacer(options.heartbeatIntervalMs, () => this.#sendProgress());
    this.#report = new RecordReport(() => this.#pacer.changed());
    this.#tail = new OutputTail(options.outputLimitBytes);
    this.#errorTail = new OutputTail(Math.min(options.outputLimitBytes, ERROR_LINE_BYTES));
  }

  async run(): Promise<void> {
    const ended = Promise.withResolvers<CommandEnd>();
    this.#takeSignals();
    try {
      this.#start(ended.resolve);
    } catch (error) {
      ended.resolve(notStarted(this.#options.command, error as NodeJS.ErrnoException));
    }
    const reapedBeforeMs = reapedChildrenCpuMs();
    const outputs = this.#readOutputs();
    this.#watchProcesses();
    this.#sender.send(this.#events.started(this.#command?.child.pid, process.env.BATCHWATCH_RUN));

    const end = await ended.promise;
    const endedAt = Date.now();
    const durationMs = Math.max(0, Math.round((steadyMs() - this.#startedSteadyMs) * 1000) / 1000);
    this.#hasEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#pacer.stop();
    if (end.kind === "not_started") complain(end.message);
    const reapedMs = reapedChildrenCpuMs();
    await Promise.all(outputs.map((output) => output.drain(QUIET_MS)));
    this.#scannersEnd();

    const final = this.#events.ended({
      end,
      endedAt,
      durationMs,
      resources: this.#finalResources(end, reapedMs === null ? null : reapedMs - (reapedBeforeMs ?? 0)),
      records: this.#report.current(),
      output: this.#tail.text(),
      outputTruncated: this.#tail.truncated,
      lastErrorLine: this.#lastErrorLine(),
      oomKilled: wasKilled(end) && (this.#cgroup?.oomKills() ?? 0) > this.#oomKillsBefore,
    });
    await Promise.all([
      this.#sender.finish(final, this.#options.flushTimeoutMs),
      Promise.race([Promise.all(this.#writers.map((writer) => writer.idle())), this.#impatience.promise]),
    ]);
    this.#exit(end);
  }

  #start(onEnd: (end: CommandEnd) => void): void {
    const { command, watchOutput, jobName } = this.#options;
    const started = startCommand(command, watchOutput, process.env, {
      BATCHWATCH_RUN: this.#events.runId,
      BATCHWATCH_JOB: jobName,
      TRACEPARENT: this.#trace.traceparent,
    });
    this.#command = started;
    started.child.once("error", (error: NodeJS.ErrnoException) => {
      if (started.child.pid === undefined) onEnd(notStarted(command, error));
    });
    started.child.once("exit", (code, signal) =>
      onEnd(signal === null ? { kind: "exited", code: code ?? 0 } : { kind: "signalled", signal }),
    );
  }

  /** Signals go to the command; after its end they say that we should not wait any longer. */
  #takeSignals(): void {
    const ignored = ignoredSignals(process.env.BATCHWATCH_IGNORED_SIGNALS);
    for (const signal of FORWARDED_SIGNALS) {
      process.on(signal, () => {
        if (ignored.includes(signal)) return;
        if (this.#hasEnded) {
          this.#sender.hurry();
          this.#impatience.resolve();
        } else if (cameFromTerminal(signal)) this.#interruptedAt = signal;
        else this.#command?.child.kill(signal);
      });
    }
  }

  #scannersEnd: () => void = () => {};

  #readOutputs(): PassThroughOutput[] {
    const command = this.#command;
    if (command === null) return [];
    const { stdout, stderr, records } = command;
    const outputs: PassThroughOutput[] = [];
    const scanners: { end(): void }[] = [];
    const add = (source: typeof stdout, fd: number, tails: readonly OutputTail[]): void => {
      if (source === null) return;
      const scanner = new MarkedLineScanner(this.#report);
      scanners.push(scanner);
      const writer = new FdWriter(fd, (error) => {
        if (error.code !== "EPIPE") complain(`output cannot be passed on (${error.code})`);
        output.breakPipe();
      });
      writer.onIdle = () => output.resume();
      this.#writers.push(writer);
      const output = new PassThroughOutput(source, writer, [
        ...tails.map((tail) => (chunk: Buffer) => tail.write(chunk)),
        (chunk) => scanner.write(chunk),
      ]);
      outputs.push(output);
    };
    add(stdout, 1, stderr === null ? [this.#tail, this.#errorTail] : [this.#tail]);
    add(stderr, 2, [this.#tail, this.#errorTail]);
    if (records !== null) {
      const reader = new ReportLineReader(this.#report);
      scanners.push(reader);
      outputs.push(new PassThroughOutput(records, null, [(chunk) => reader.write(chunk)]));
    }
    this.#scannersEnd = () => {
      for (const scanner of scanners) scanner.end();
    };
    return outputs;
  }

  /** Samples at short distances first, so that a short command is seen at all. */
  #watchProcesses(): void {
    const pid = this.#command?.child.pid;
    if (pid === undefined) return;
    const tree = new ProcessTree(pid);
    this.#tree = tree;
    let gapMs = FIRST_SAMPLE_MS;
    const sample = (): void => {
      if (this.#hasEnded) return;
      tree.sample();
      gapMs = Math.min(gapMs * 2, LAST_SAMPLE_MS);
      if (gapMs === 4 * FIRST_SAMPLE_MS) this.#findCgroup();
      this.#timers[0] = setTimeout(sample, gapMs);
    };
    this.#timers[0] = setTimeout(sample, gapMs);
    this.#timers[1] = setInterval(() => {
      if (!this.#hasEnded) this.#sender.send(this.#events.heartbeat(Date.now(), this.#currentResources()));
    }, this.#options.heartbeatIntervalMs);
  }

  /** Not for a command that ends at once: it has no time to fill its memory. */
  #findCgroup(): void {
    this.#cgroup = readMemoryCgroup();
    this.#oomKillsBefore = this.#cgroup?.oomKills() ?? 0;
  }

  #sendProgress(): void {
    const reported = this.#report.current();
    if (reported !== null && !this.#hasEnded) this.#sender.send(this.#events.progress(Date.now(), reported));
  }

  #currentResources(): ResourceFact {
    const limitBytes = this.#cgroup?.limitBytes ?? null;
    return { ...this.#tree?.sample(), ...(limitBytes !== null && { memoryLimitBytes: limitBytes }) };
  }

  #finalResources(end: CommandEnd, cpuMs: number | null): ResourceFact {
    if (end.kind === "not_started") return {};
    const peakMemoryBytes = this.#tree?.peakMemoryBytes ?? 0;
    const limitBytes = this.#cgroup?.limitBytes ?? null;
    return {
      ...(peakMemoryBytes > 0 && { peakMemoryBytes }),
      ...(limitBytes !== null && { memoryLimitBytes: limitBytes }),
      ...(cpuMs !== null && { cpuMs }),
    };
  }

  #lastErrorLine(): string {
    return this.#errorTail.lastLine(ERROR_LINE_CHARACTERS) || this.#tail.lastLine(ERROR_LINE_CHARACTERS);
  }

  #exit(end: CommandEnd): void {
    const code = end.kind === "signalled" ? 128 + (constants.signals[end.signal] ?? 0) : end.code;
    if (end.kind !== "signalled" || end.signal !== "SIGINT" || this.#interruptedAt !== "SIGINT")
      process.exit(code);
    // A shell script around us goes on after Ctrl-C unless it sees that the signal ended us as well.
    process.removeAllListeners("SIGINT");
    process.kill(process.pid, "SIGINT");
    setTimeout(() => process.exit(code), 100);
  }
}

function wasKilled(end: CommandEnd): boolean {
  return end.kind === "signalled" ? end.signal === "SIGKILL" : end.code === 137;
}

function notStarted(command: readonly string[], error: NodeJS.ErrnoException): CommandEnd {
  const name = command[0] ?? "";
  switch (error.code) {
    case "ENOENT":
      return {
        kind: "not_started",
        code: 127,
        message: `${name}: command not found (or the program that its first line names)`,
      };
    case "EACCES":
      return { kind: "not_started", code: 126, message: `${name}: permission denied; is it executable?` };
    default:
      return {
        kind: "not_started",
        code: 126,
        message: `${name}: cannot be started (${error.code ?? error.message})`,
      };
  }
}

/** Our own words go to standard error, at once; where that is closed they are lost. */
function complain(message: string): void {
  try {
    writeSync(2, `batchwatch: ${message}\n`);
  } catch {
    // Nothing can be said any more.
  }
}

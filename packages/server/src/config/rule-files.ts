/**
 * Prometheus rule files. Receives the patterns of `rules.files`; hands on the groups of all files that are in order. A file with
 * an error keeps the groups of its last good reading, so that a typo during a night takes no alert away.
 */
import { readFile } from "node:fs/promises";
import { parseRuleFile, type RuleFinding } from "@batchwatch/promql/rules/parse-rule-file";
import type { RuleGroup } from "@batchwatch/promql/rules/rule-group";
import type { Logger } from "pino";
import { type ConfigProblem, problemText, whyUnreadable } from "./config-layers.ts";
import { createWatchedFiles, type WatchedFiles } from "./watched-files.ts";

export interface RuleFilesParts {
  log: Logger;
  /** Absolute paths or globs. */
  patterns: readonly string[];
  reloadIntervalMs: number;
  take(groups: readonly RuleGroup[]): Promise<void>;
}

export interface RuleFiles extends WatchedFiles {
  /** What is wrong with the files, null when nothing is. */
  trouble(): string | null;
}

export function createRuleFiles(parts: RuleFilesParts): RuleFiles {
  const { log } = parts;
  let problems: readonly ConfigProblem[] = [];
  const lastGood = new Map<string, readonly RuleGroup[]>();

  async function take(files: readonly string[], found: ConfigProblem[]): Promise<void> {
    const groups: RuleGroup[] = [];
    for (const file of files) {
      const reading = await readRuleFile(file);
      found.push(...reading.problems);
      if (reading.problems.length === 0) lastGood.set(file, reading.groups);
      groups.push(...(lastGood.get(file) ?? []));
    }
    for (const file of lastGood.keys()) if (!files.includes(file)) lastGood.delete(file);
    tell(found, groups.length);
    problems = found;
    await parts.take(groups);
  }

  function tell(found: readonly ConfigProblem[], groups: number): void {
    for (const problem of found) log.error(`Rule file: ${problemText(problem)}`);
    if (problems.length > 0 && found.length === 0) log.info({ groups }, "the rule files are in order again");
  }

  const watched = createWatchedFiles({
    patterns: parts.patterns,
    setting: "rules.files",
    reloadIntervalMs: parts.reloadIntervalMs,
    log,
    take,
  });
  return {
    ...watched,
    trouble: () => (problems.length === 0 ? null : problems.map(problemText).join("; ")),
  };
}

async function readRuleFile(
  file: string,
): Promise<{ groups: readonly RuleGroup[]; problems: readonly ConfigProblem[] }> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    return { groups: [], problems: [{ file, line: null, field: "", message: whyUnreadable(error, file) }] };
  }
  const { groups, findings } = parseRuleFile(text, file);
  return { groups, problems: findings.filter(({ severity }) => severity === "error").map(problemOf) };
}

function problemOf({ file, line, rule, message }: RuleFinding): ConfigProblem {
  return { file, line, field: rule ?? "", message };
}

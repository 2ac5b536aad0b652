// Alertmanager's own tool is the oracle: whatever tree and whatever labels, both name the same receivers in the same order.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matchRoutes } from "./match-routes.ts";
import { parseAlertmanagerConfig } from "./parse-alertmanager-config.ts";
import type { FilePaths } from "./receiver-kinds.ts";

const run = promisify(execFile);
const AMTOOL = "/usr/bin/amtool";
const NO_FILES: FilePaths = { locate: (path) => ({ ok: true, path }) };

/** One call of the tool answers for all trees of a file, for each stands below a child with `continue`. */
const TREES_IN_A_FILE = 50;
const FILES = 5;
const LABEL_SETS = 6;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "batchwatch-routes-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const names = ["severity", "job_name", "owner", "tag_tier"];
const values = ["critical", "warning", "data", "a.b", 'q"x', "back\\slash", "ü", "a,b", "{}", " x ", "x"];
const labelSet = fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...values));
const pattern = fc.oneof(
  fc.constantFrom(
    "critical|warning",
    "a.b",
    ".*",
    ".+",
    "",
    "[a-c].*",
    "(?i)CRITICAL",
    "x|",
    "\\w+",
    'q"x',
    "^data$",
    "dat",
  ),
  fc.constantFrom("c.*l", ".*ing", "\\S+", "a\\.b", "ü", "[^x]+"),
);

/** A value as people may write it: bare where the classic grammar takes it so, else in quotes. */
const written = (value: string): fc.Arbitrary<string> => {
  const quoted = `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  const isBare = !/["\\,{}\s]/.test(value) && value !== "";
  return isBare ? fc.constantFrom(value, quoted) : fc.constant(quoted);
};
const matcherText = fc
  .tuple(
    fc.constantFrom(...names),
    fc.oneof(
      fc.tuple(fc.constantFrom("=", "!="), fc.constantFrom(...values, "")),
      fc.tuple(fc.constantFrom("=~", "!~"), pattern),
    ),
    fc.constantFrom("", " "),
  )
  .chain(([name, [op, value], blank]) => written(value).map((text) => `${name}${blank}${op}${blank}${text}`));
/** One text may hold several matchers, in braces or not. */
const matcherList = fc
  .tuple(fc.array(matcherText, { minLength: 1, maxLength: 2 }), fc.constantFrom("", "{", "{,"))
  .map(([texts, brace]) =>
    brace === "" ? texts.join(", ") : `{${texts.join(",")}${brace === "{," ? "," : ""}}`,
  );

interface Node {
  receiver?: string;
  matchers?: string[];
  match?: Record<string, string>;
  match_re?: Record<string, string>;
  continue?: boolean;
  group_by?: string[];
  routes?: Node[];
}

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.record(
    {
      receiver: fc.constantFrom("yes", "no").map(() => "named"),
      matchers: fc.array(matcherList, { maxLength: 2 }),
      match: fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...values), { maxKeys: 1 }),
      match_re: fc.dictionary(fc.constantFrom(...names), pattern, { maxKeys: 1 }),
      continue: fc.boolean(),
      routes: fc.array(tie("node"), { maxLength: 3, depthIdentifier: "tree" }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Node>,
}));

/** Every node that names a receiver gets one of its own, so that the receiver tells the node. */
function fileOf(trees: readonly Node[]) {
  const receivers: string[] = ["root"];
  const named = (tree: Node): Node => {
    const copy = { ...tree };
    if (tree.receiver !== undefined) {
      copy.receiver = `r${receivers.length}`;
      receivers.push(copy.receiver);
    }
    if (tree.routes !== undefined) copy.routes = tree.routes.map(named);
    return copy;
  };
  const routes = trees.map((tree, index) => {
    receivers.push(`tree${index}`);
    return { receiver: `tree${index}`, continue: true, routes: [named(tree)] };
  });
  return JSON.stringify({
    route: { receiver: "root", routes },
    receivers: receivers.map((name) => ({ name })),
  });
}

async function askAmtool(file: string, labels: Readonly<Record<string, string>>): Promise<string[]> {
  const args = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`,
  );
  const { stdout } = await run(AMTOOL, ["config", "routes", "test", `--config.file=${file}`, ...args]);
  return stdout.trim().split(",");
}

describe.skipIf(!existsSync(AMTOOL))(
  "routing beside amtool (skipped where /usr/bin/amtool is missing)",
  () => {
    it("names the same receivers for generated trees and labels", { timeout: 120_000 }, async () => {
      const seed = 20_261_124;
      const trees = fc.sample(node, { seed, numRuns: TREES_IN_A_FILE * FILES });
      const labelSets = fc.sample(labelSet, { seed, numRuns: LABEL_SETS * FILES });
      let taken = 0;
      for (let index = 0; index < FILES; index++) {
        const text = fileOf(trees.slice(index * TREES_IN_A_FILE, (index + 1) * TREES_IN_A_FILE));
        const file = join(directory, `${index}.yml`);
        await writeFile(file, text);
        const reading = parseAlertmanagerConfig(text, NO_FILES);
        if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
        const sets = labelSets.slice(index * LABEL_SETS, (index + 1) * LABEL_SETS);
        await Promise.all(
          sets.map(async (labels) => {
            const ours = matchRoutes(reading.config, labels).map(({ options }) => options.receiver);
            expect({ labels, file, receivers: ours }).toEqual({
              labels,
              file,
              receivers: await askAmtool(file, labels),
            });
            taken += new Set(ours.filter((name) => name.startsWith("r"))).size;
          }),
        );
      }
      // Most trees were entered at all: a test in which nothing matches proves nothing.
      expect(taken).toBeGreaterThan(100);
    });
  },
);

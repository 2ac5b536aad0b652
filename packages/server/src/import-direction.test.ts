// Holds the house to its plan (docs: STYLE.md, "The flow is the folder list"): data flows down the numbered stages, and
// imports only ever point back up the flow or down to the ground floor. Reads every source file, runs none.
import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, normalize } from "node:path";
import { parseSync, Visitor } from "rolldown/utils";
import { describe, expect, test } from "vitest";

const STAGES = ["1-receive", "2-record", "3-watch", "4-alert", "5-notify", "6-serve"];
const GROUND_FLOOR = ["model", "storage", "access", "config", "self-monitoring", "lib"];

const SERVER = import.meta.dirname;
const PROTOCOL = join(SERVER, "../../protocol/src");

const SQL_PACKAGES = /^(kysely|pg|node:sqlite)(\/|$)/;
const SQL_OPENINGS = [
  "select\\s[\\s\\S]*\\sfrom\\s",
  "insert\\s+(or\\s+\\w+\\s+)?into\\s",
  "update\\s+\\w+\\s+set\\s",
  "delete\\s+from\\s",
  "(create|drop)\\s+(unique\\s+)?(table|index|view)\\s",
  "alter\\s+table\\s",
  "with\\s+\\w+\\s+as\\s*\\(",
  "pragma\\s+\\w",
  "begin\\s+immediate",
];
/** Lower or upper case throughout: a sentence for people starts with one capital. */
const SQL_TEXT = new RegExp(`^\\s*(${[...SQL_OPENINGS, ...SQL_OPENINGS.map(upperCase)].join("|")})`);
const MODULE_URL = /new URL\(\s*["'](\.{1,2}\/[^"']+\.ts)["']\s*,\s*import\.meta\.url/g;

describe("imports in the server", () => {
  const imports = importsOf(SERVER);

  test("point to a smaller-numbered stage, the same stage or the ground floor", () => {
    expect(problems(imports, whyAgainstTheFlow)).toEqual([]);
  });

  test("never lead from one wire format to another", () => {
    expect(problems(imports, whyBetweenWireFormats)).toEqual([]);
  });

  test("never leave the package by a relative path, nor name the CLI or the pages", () => {
    expect(problems(imports, whyOutside)).toEqual([]);
  });

  test("name kysely, pg and node:sqlite in storage/ only", () => {
    expect(problems(imports, whyDatabaseOutsideStorage)).toEqual([]);
  });

  test("SQL text stands in storage/ only", () => {
    const found = sourcesOf(SERVER)
      .filter((file) => !file.startsWith("storage/"))
      .flatMap((file) => sqlTextsIn(file, readFileSync(join(SERVER, file), "utf8")));
    expect(found).toEqual([]);
  });

  test("every top folder is a stage or part of the ground floor", () => {
    const folders = new Set(
      sourcesOf(SERVER)
        .filter((file) => file.includes("/"))
        .map(topOf),
    );
    expect([...folders].filter((folder) => ![...STAGES, ...GROUND_FLOOR].includes(folder))).toEqual([]);
  });
});

test("the protocol imports neither Node.js modules nor other packages of ours", () => {
  const why = (_from: string, to: string) =>
    isBuiltin(to) || /^(@batchwatch\/|batchwatch$)/.test(to)
      ? "the protocol does no I/O and stands alone"
      : undefined;
  expect(problems(importsOf(PROTOCOL), why)).toEqual([]);
});

describe("the rules themselves", () => {
  test.each([
    ["1-receive/otlp/decode.ts", "2-record/ledger/reducer.ts", /larger-numbered/],
    ["3-watch/slots/plan.ts", "6-serve/routes.ts", /larger-numbered/],
    ["storage/sqlite/runs.ts", "2-record/ledger/reducer.ts", /ground floor/],
    ["model/run.ts", "main.ts", /composition root/],
    ["4-alert/incidents.ts", "main.ts", /composition root/],
    ["4-alert/incidents.ts", "3-watch/detectors/missed.ts", undefined],
    ["4-alert/incidents.ts", "4-alert/silences.ts", undefined],
    ["4-alert/incidents.ts", "model/run.ts", undefined],
    ["main.ts", "6-serve/routes.ts", undefined],
  ])("%s → %s", (from, to, expected) => {
    if (expected) expect(whyAgainstTheFlow(from, to)).toMatch(expected);
    else expect(whyAgainstTheFlow(from, to)).toBeUndefined();
  });

  test.each([
    ["1-receive/otlp/decode.ts", "1-receive/ping/parse.ts", true],
    ["1-receive/otlp/decode.ts", "1-receive/statsd.ts", false],
    ["1-receive/otlp/decode.ts", "1-receive/otlp/attributes.ts", false],
    ["1-receive/otlp/decode.ts", "1-receive/intake/intake.ts", false],
    ["1-receive/otlp/decode.ts", "1-receive/intake-queue.ts", false],
    ["1-receive/http-server.ts", "1-receive/otlp/routes.ts", false],
  ])("between wire formats: %s → %s", (from, to, forbidden) => {
    expect(whyBetweenWireFormats(from, to) !== undefined).toBe(forbidden);
  });

  test.each([
    ["`select id from runs where job_id = ?`", 1],
    ['"INSERT INTO runs (id) VALUES (?)"', 1],
    ['"begin immediate"', 1],
    ["`\n  with due as (select 1) select * from due`", 1],
    ['"Select a job, then a run from the list"', 0],
    ['"update"', 0],
  ])("SQL in %s: %d", (text, count) => {
    expect(sqlTextsIn("2-record/x.ts", `export const a = ${text};`)).toHaveLength(count);
  });

  test("sees static, re-exporting, type-only, dynamic and worker imports", () => {
    const source = `
      import a from "./a.ts";
      import type { B } from "./b.ts";
      export * from "./c.ts";
      export const d: B = await import("./d.ts");
      export const e = new URL("./e.ts", import.meta.url);
      import "pg";
      export default a;`;
    expect(specifiersIn("x.ts", source).toSorted()).toEqual([
      "./a.ts",
      "./b.ts",
      "./c.ts",
      "./d.ts",
      "./e.ts",
      "pg",
    ]);
  });
});

type Why = (from: string, to: string) => string | undefined;

interface Import {
  readonly from: string;
  /** A path under the same root for a relative import, else the specifier as written. */
  readonly to: string;
}

function problems(imports: readonly Import[], why: Why): string[] {
  return imports.flatMap(({ from, to }) => {
    const reason = why(from, to);
    return reason ? [`${from} imports ${to}: ${reason}`] : [];
  });
}

function whyAgainstTheFlow(from: string, to: string): string | undefined {
  if (!to.endsWith(".ts") || to.startsWith("../") || !from.includes("/")) return undefined;
  if (!to.includes("/")) return "nothing imports the composition root";
  const target = STAGES.indexOf(topOf(to));
  if (target === -1) return undefined;
  const source = STAGES.indexOf(topOf(from));
  if (source === -1) return "the ground floor knows no stage";
  return target > source ? "a larger-numbered stage" : undefined;
}

/** Shared by all wire formats: files directly in the stage's folder, and whatever is called intake. */
function whyBetweenWireFormats(from: string, to: string): string | undefined {
  const [fromStage, fromFormat, ...fromRest] = from.split("/");
  const [toStage, toFormat = "", ...toRest] = to.split("/");
  if (fromStage !== "1-receive" || toStage !== "1-receive" || fromRest.length === 0 || toRest.length === 0) {
    return undefined;
  }
  const shared = fromFormat === toFormat || toFormat.startsWith("intake");
  return shared || fromFormat?.startsWith("intake") ? undefined : "wire formats do not know each other";
}

function whyOutside(_from: string, to: string): string | undefined {
  if (to.startsWith("../") && to !== "../package.json") return "outside the package's src";
  return /^(batchwatch|@batchwatch\/(web|server))(\/|$)/.test(to)
    ? "the server knows neither CLI nor pages"
    : undefined;
}

function whyDatabaseOutsideStorage(from: string, to: string): string | undefined {
  return SQL_PACKAGES.test(to) && topOf(from) !== "storage" ? "databases are storage's business" : undefined;
}

function upperCase(pattern: string): string {
  return pattern.replace(/\\.|[a-z]/g, (part) => (part.startsWith("\\") ? part : part.toUpperCase()));
}

function topOf(file: string): string {
  return file.split("/")[0] ?? file;
}

/** Tests and fixtures are free to reach anywhere. */
function sourcesOf(root: string): string[] {
  return globSync("**/*.ts", { cwd: root })
    .filter((file) => !/\.test\.ts$|(^|\/)(testdata|contract-tests|test-support|testing)\//.test(file))
    .toSorted();
}

function importsOf(root: string): Import[] {
  return sourcesOf(root).flatMap((from) =>
    specifiersIn(from, readFileSync(join(root, from), "utf8")).map((specifier) => ({
      from,
      to: specifier.startsWith(".") ? normalize(join(dirname(from), specifier)) : specifier,
    })),
  );
}

function specifiersIn(file: string, source: string): string[] {
  const { module, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  return [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) => entry.entries.flatMap((e) => e.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((entry) =>
      source.slice(entry.moduleRequest.start, entry.moduleRequest.end).replace(/^["'`]|["'`]$/g, ""),
    ),
    ...[...source.matchAll(MODULE_URL)].flatMap((match) => match[1] ?? []),
  ];
}

function sqlTextsIn(file: string, source: string): string[] {
  const found: string[] = [];
  const note = (text: string): void => {
    if (SQL_TEXT.test(text)) found.push(`${file}: ${text.trim().slice(0, 60)}`);
  };
  new Visitor({
    Literal: (node) => {
      if (typeof node.value === "string") note(node.value);
    },
    TemplateLiteral: (node) => note(node.quasis.map((quasi) => quasi.value.raw).join("?")),
  }).visit(parseSync(file, source).program);
  return found;
}

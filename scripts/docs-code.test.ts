// Holds the documentation to the code: every option, setting, type and command is in its page with the right default, nothing
// is there that the code does not know, and the YAML and JSON of the examples are read by the real schemas.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { lintRules, RULE_LINTS } from "../packages/promql/src/rules/lint/lint-rules.ts";
import { parseRuleFile } from "../packages/promql/src/rules/parse-rule-file.ts";
import { parseRuleTests } from "../packages/promql/src/rules/unit-test/parse-rule-tests.ts";
import { runRuleTests } from "../packages/promql/src/rules/unit-test/run-rule-tests.ts";
import { runScript } from "../packages/promql/src/test-script/run-script.ts";
import { COMMON_SHAPE } from "../packages/protocol/src/channels/channel-options.ts";
import * as protocol from "../packages/protocol/src/index.ts";
import { RUN_DETECTORS, SLOT_DETECTORS } from "../packages/server/src/3-watch/detectors/registry.ts";
import { parseAlertmanagerConfig } from "../packages/server/src/4-alert/routing/parse-alertmanager-config.ts";
import { GLOBAL_KEYS, RECEIVER_KINDS } from "../packages/server/src/4-alert/routing/receiver-kinds.ts";
import { fileLayer } from "../packages/server/src/config/config-layers.ts";
import { CONFIG_OPTIONS } from "../packages/server/src/config/config-options.ts";
import { validateCron } from "../packages/server/src/lib/calendar/cron-pattern.ts";
import { readYaml } from "../packages/server/src/lib/yaml-text.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGES = ["README.md", ...globSync("docs/guide/*.md", { cwd: ROOT }).sort()];
/** When the examples were made: their times are neither old nor in the future. */
const EXAMPLES_AT = Date.UTC(2026, 10, 24, 12);

describe("configuration.md", () => {
  const rows = rowsOf("docs/guide/configuration.md");

  test("has every option once, and no other", () => {
    expect(rows.map(({ name }) => name).toSorted()).toEqual(
      CONFIG_OPTIONS.map(({ path }) => path.join(".")).toSorted(),
    );
  });

  test.each(rows)("$name: setting the default that the page gives changes nothing", ({ name, usual }) => {
    const written = /^`(.*)`$/.exec(usual)?.[1];
    const usually: unknown = protocol.configSchema.parse({});
    const path = name.split(".");
    if (written === undefined) {
      expect(valueAt(usually, path) ?? []).toEqual([]);
      return;
    }
    const said = nest(path, readYaml(written).value);
    expect(protocol.configSchema.parse(said)).toEqual(usually);
  });

  test("names every channel", () => {
    const receiver = CONFIG_OPTIONS.find(({ path }) => path.join(".") === "receivers");
    expect(receiver?.kind).toBe("json");
    const text = rows.find(({ name }) => name === "receivers")?.words ?? "";
    for (const type of protocol.CHANNEL_TYPES) expect(text).toContain(`\`${type}\``);
  });
});

describe("channels.md", () => {
  const text = page("docs/guide/channels.md");

  test.each(protocol.CHANNEL_TYPES)(
    "%s: every option with its default and words, an example, and no other",
    (type) => {
      const section = new RegExp(`^## .*\\(\`${type}\`\\)$([\\s\\S]*?)^## `, "m").exec(text)?.[1] ?? "";
      expect(section).toMatch(new RegExp(`^    type: ${type}$`, "m"));
      expect(rowsIn(section)).toEqual(optionRows(type));
    },
  );

  test("what all channels have is said once", () => {
    for (const option of Object.keys(COMMON_SHAPE)) expect(text).toContain(`- \`${option}\` (default \``);
  });
});

function optionRows(type: protocol.ChannelType): Row[] {
  const json = protocol.CHANNEL_OPTIONS[type].schema.toJSONSchema({ io: "input" }) as {
    properties: Record<string, { default?: unknown; description?: string }>;
    required?: string[];
  };
  return Object.entries(json.properties)
    .filter(([name]) => !Object.hasOwn(COMMON_SHAPE, name))
    .map(([name, node]) => ({
      name,
      usual: usualText(node.default, json.required?.includes(name)),
      words: node.description ?? "",
    }));
}

function usualText(value: unknown, isNeeded: boolean | undefined): string {
  if (value === undefined) return isNeeded === true ? "needed" : "–";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

test("jobs.md has every setting once, and no other", () => {
  const rows = rowsOf("docs/guide/jobs.md");
  expect(rows.map(({ name }) => name).toSorted()).toEqual(jobSettingPaths().toSorted());
});

describe("judgement.md", () => {
  const text = page("docs/guide/judgement.md");
  const rows = rowsOf("docs/guide/judgement.md");
  const judged = new Set<string>([...RUN_DETECTORS, ...SLOT_DETECTORS].map(({ type }) => type));
  const named = /## Named, not judged yet\n([\s\S]*?)\n## /.exec(text)?.[1] ?? "";

  test.each([...protocol.VIOLATION_TYPES, ...protocol.DETECTION_TYPES])("%s", (type) => {
    const row = rows.find(({ name }) => name === type);
    if (judged.has(type)) {
      expect(row?.usual).toBe(protocol.defaultSeverity(type));
      expect(text).toContain(`- \`${type}\`: `);
    } else expect(named).toContain(`\`${type}\``);
    expect(row !== undefined).toBe(judged.has(type));
  });
});

test("cli.md has a section for every command", () => {
  const headings = [...page("docs/reference/cli.md").matchAll(/^## (.+)$/gm)].flatMap(([, heading]) =>
    (heading ?? "").split(/[\s,`]+/),
  );
  const verbs = globSync("packages/cli/src/verbs/*.ts", { cwd: ROOT })
    .filter((file) => !file.endsWith(".test.ts"))
    .map((file) => basename(file, ".ts"));
  expect(headings).toEqual(expect.arrayContaining(verbs));
});

test("rules.md has every warning of a rule, and no other", () => {
  const section = /^## Check\n([\s\S]*?)^## /m.exec(page("docs/guide/rules.md"))?.[1] ?? "";
  const named = [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, code]) => code);
  expect(named).toEqual([...RULE_LINTS.map(({ code }) => code), "duplicate-rule"].toSorted());
});

test("the rules and their test in rules.md fit each other", async () => {
  const examples = examplesOf("yaml").filter(({ place }) => place.startsWith("docs/guide/rules.md"));
  const textWith = (key: string): string =>
    examples.find(({ text }) => new RegExp(`^${key}:`, "m").test(text))?.text ?? "";
  const [rules, tests] = [textWith("groups"), textWith("tests")];
  const report = await runRuleTests(parseRuleTests(tests, "test.yaml"), [
    { file: "rules.yaml", text: rules },
  ]);
  expect(report).toMatchObject({
    isGood: true,
    elements: [{ checks: [{ verdict: { kind: "passed" } }, {}] }],
  });
});

test("the script in rules.md passes", () => {
  const script = /^```\n(load [\s\S]*?)^```$/m.exec(page("docs/guide/rules.md"))?.[1] ?? "";
  expect(runScript(script).map(({ verdict }) => verdict.kind)).toEqual(["passed", "passed", "passed"]);
});

test("routing.md has every key of an Alertmanager file that is read, and no other of receivers", () => {
  const rows = [...page("docs/guide/routing.md").matchAll(/^\| (`\w+`(?:, `\w+`)*) \| (.+) \|$/gm)];
  const keysIn = (text: string): string[] => [...text.matchAll(/`(\w+)`/g)].map(([, key = ""]) => key);
  const keysOf = (name: string): string[] =>
    rows
      .filter(([, names = ""]) => keysIn(names).includes(name))
      .flatMap(([, , words = ""]) => keysIn(words));
  expect(keysOf("global").toSorted()).toEqual([...GLOBAL_KEYS].toSorted());
  for (const [name, { keys }] of Object.entries(RECEIVER_KINDS))
    expect(
      keysOf(name)
        .filter((key) => key !== "ca_file")
        .toSorted(),
    ).toEqual(Object.keys(keys).toSorted());
});

describe("the README", () => {
  test("has its two commands and the three ways of sending a first run", () => {
    const text = page("README.md");
    const setUp = [...text.matchAll(/^npm .*$/gm)].map(([line]) => line);
    expect(setUp).toEqual(["npm ci && npm start", "npm ci && npm test"]);
    for (const way of [
      "/ping/local/daily_etl/start",
      "batchwatch exec --job daily_etl",
      "batch_job.daily_etl",
    ])
      expect(text).toContain(way);
  });
});

test.each(examplesOf("yaml"))("$place is read as it stands", ({ text }) => {
  const yaml = readYaml(text);
  expect(yaml.errors).toEqual([]);
  const value = yaml.value as {
    jobs?: unknown;
    groups?: unknown;
    tests?: unknown;
    dashboard?: unknown;
    route?: unknown;
    remote_write?: unknown;
  };
  // A file of Prometheus's own, which is no business of ours.
  if (value.remote_write !== undefined) return;
  if (value.dashboard !== undefined) {
    expect(protocol.readDashboardFile(value)).toMatchObject({ ok: true });
    return;
  }
  if (value.route !== undefined) {
    const files = { locate: (path: string) => ({ ok: true as const, path }) };
    expect(parseAlertmanagerConfig(text, files)).toMatchObject({ ok: true, warnings: [] });
    return;
  }
  if (value.groups !== undefined) {
    const rules = parseRuleFile(text, "example.yaml");
    expect([rules.findings, lintRules(rules.groups)]).toEqual([[], []]);
    return;
  }
  if (value.tests !== undefined) {
    expect(parseRuleTests(text, "example.yaml").problems).toEqual([]);
    return;
  }
  if (Array.isArray(value.jobs))
    expect(protocol.readJobsFile(value, { checkCron: validateCron })).toMatchObject({ ok: true });
  else expect(protocol.configSchema.safeParse(fileLayer(value).layer).error?.issues).toBeUndefined();
});

test.each(examplesOf("json"))("$place is what the API says", ({ text }) => {
  const value: unknown = JSON.parse(text);
  const items = Array.isArray(value) ? value : [value];
  for (const item of items as Record<string, unknown>[]) {
    const schema = schemaOf(item);
    if (schema === "run event") expectRunEvent(item);
    else if (schema !== null) expect(schema.safeParse(item).error?.issues).toBeUndefined();
  }
});

test.each(examplesOf("sh").flatMap(bodiesIn))("$place: $text", ({ text }) => {
  const value = JSON.parse(text) as Record<string, unknown>;
  if ("kind" in value) expectRunEvent(value);
  else expect(protocol.readJobSettings(value, { checkCron: validateCron })).toMatchObject({ ok: true });
});

function expectRunEvent(value: unknown): void {
  expect(protocol.readRunEvent(value, EXAMPLES_AT, { checkCron: validateCron })).toMatchObject({ ok: true });
}

interface Schema {
  safeParse(value: unknown): { error?: { issues: unknown } | undefined };
}

/** By the keys that only one of them has; null where the example is shortened or not the API's. */
function schemaOf(value: Readonly<Record<string, unknown>>): Schema | "run event" | null {
  if ("kind" in value) return "run event";
  if ("dedupKey" in value) return protocol.deliverySchema;
  if ("alertName" in value) return protocol.incidentSummarySchema;
  if ("overridden" in value) return protocol.settingSchema;
  if (String(value.type).startsWith("urn:batchwatch:problem:")) return protocol.problemSchema;
  if ("runId" in value) return protocol.runSummarySchema.partial();
  return null;
}

interface Row {
  name: string;
  usual: string;
  words: string;
}

/** Table rows that begin with a name in code: `| \`name\` | usual | words |`. */
function rowsOf(file: string): Row[] {
  return rowsIn(page(file));
}

function rowsIn(text: string): Row[] {
  return [...text.matchAll(/^\| `([A-Za-z_.]+)` \| ([^|]+) \| (.+) \|$/gm)].map(
    ([, name = "", usual = "", words = ""]) => ({ name, usual: usual.trim(), words }),
  );
}

interface Example {
  place: string;
  text: string;
}

function examplesOf(language: string): Example[] {
  return PAGES.flatMap((file) => {
    const text = page(file);
    return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map((match) => ({
      place: `${file}:${text.slice(0, match.index).split("\n").length}`,
      text: match[1] ?? "",
    }));
  });
}

/** Bodies that a curl line sends as JSON. */
function bodiesIn({ place, text }: Example): Example[] {
  return [...text.matchAll(/-d '(\{[^']*\})'/g)].map(([, body = ""]) => ({ place, text: body }));
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  anyOf?: SchemaNode[];
}

/** `sla.mustCompleteBy.time`: every leaf, and every group that can also be said as one text. */
function jobSettingPaths(): string[] {
  const file = protocol.jobsFileJsonSchema() as { properties: { jobs: { items: SchemaNode } } };
  const below = (node: SchemaNode, path: readonly string[]): string[] => {
    const choices = (node.anyOf ?? [node]).flatMap((choice) => choice.anyOf ?? [choice]);
    const group = choices.find(({ properties }) => properties !== undefined);
    const inner = Object.entries(group?.properties ?? {}).flatMap(([name, child]) =>
      below(child, [...path, name]),
    );
    const asText = choices.some((choice) => "type" in choice && choice.type === "string");
    return path.length > 0 && (group === undefined || asText) ? [path.join("."), ...inner] : inner;
  };
  return below(file.properties.jobs.items, []);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );
}

function nest(path: readonly string[], value: unknown): Record<string, unknown> {
  const [first = "", ...rest] = path;
  return { [first]: rest.length === 0 ? value : nest(rest, value) };
}

function page(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

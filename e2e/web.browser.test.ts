/**
 * The pages in a real browser against the real server: a first run appears by itself, outcomes are told apart, a run is
 * seen from end to end, incidents show what is wrong, on a wide and a narrow screen, light and dark, for keyboard and
 * screen reader too.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startupText } from "../packages/server/src/6-serve/startup-text.ts";
import { findWebDir } from "../packages/server/src/6-serve/web-pages.ts";
import { createApiKey } from "../packages/server/src/access/api-keys.ts";
import { startTestServer, type TestServer } from "../packages/server/src/test-server.ts";
import { CHROMIUM_ARGS, findChromium } from "../scripts/find-chromium.ts";

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
const MINUTE = 60_000;
const PATIENT = { timeout: 20_000 };

let browser: Browser;
let server: TestServer;
let pages: Page[] = [];
/** What no page may do: write errors, or ask another host. */
let complaints: string[] = [];

beforeAll(async () => {
  if (findWebDir() === null) throw new Error("The pages are not built. Run `npm run build` first.");
  browser = await chromium.launch({ executablePath: findChromium(), args: [...CHROMIUM_ARGS] });
});
afterAll(() => browser?.close());

beforeEach(async () => {
  server = await startTestServer();
  complaints = [];
});
afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  pages = [];
  await server.close();
});

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: WIDE, colorScheme: "light", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(server.httpUrl)) complaints.push(`asked ${request.url()}`);
  });
  pages.push(page);
  await page.goto(server.httpUrl + path);
  return page;
}

async function seriousFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
    );
}

function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate<number>(
    "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)",
  );
}

/** A night's worth of runs: one good, one failed, one running with steps and logs, one over its limit. */
async function sendNight(): Promise<void> {
  const now = Date.now();
  const good = Array.from({ length: 6 }, (_, index) => {
    const at = now - (7 - index) * 60 * MINUTE;
    const run = { jobName: "load_orders", runId: `orders-${index}` };
    return [
      { kind: "started", ...run, at },
      { kind: "completed", ...run, at: at + 4 * MINUTE, records: { processed: 150_000 + index } },
    ];
  }).flat();
  const failed = { jobName: "invoice_export", runId: "invoices-1", namespace: "billing" };
  const running = { jobName: "train_model", runId: "train-1" };
  await server.sendEvents([
    ...good,
    { kind: "started", ...failed, at: now - 2 * MINUTE },
    {
      kind: "failed",
      ...failed,
      at: now - 1_000,
      final: true,
      exitCode: 3,
      error: { type: "SmtpError", message: "relay refused <b>the</b> message" },
    },
    { kind: "queued", ...running, at: now - 9 * MINUTE, scheduledAt: now - 10 * MINUTE },
    {
      kind: "started",
      ...running,
      at: now - 8 * MINUTE,
      job: { owner: "ml-team", sla: { maxDuration: "5m" } },
    },
    { kind: "step_started", ...running, at: now - 8 * MINUTE, step: { name: "prepare" } },
    {
      kind: "step_ended",
      ...running,
      at: now - 6 * MINUTE,
      step: { name: "prepare", outcome: "success", records: { processed: 52_000 } },
    },
    { kind: "step_started", ...running, at: now - 6 * MINUTE, step: { name: "fit" } },
    {
      kind: "progress",
      ...running,
      at: now - 5_000,
      progress: { processed: 42_000, total: 100_000, rate: 140 },
    },
    { kind: "log", ...running, at: now - 4_000, output: "epoch 2: loss 0.3121" },
  ]);
  await expect
    .poll(async () => (await server.request("/api/overview")).json, PATIENT)
    .toMatchObject({ openIncidents: 2, jobs: 3, running: 1 });
}

describe("an empty server", () => {
  it("shows the ways that the server prints, and the first run as soon as it comes, without reload", async () => {
    const page = await open("/");
    await page.getByRole("heading", { name: "Send a first run" }).waitFor();
    const shown = (await page.locator("pre").allInnerTexts()).join("\n");
    const printed = startupText({
      httpUrl: server.httpUrl,
      publicUrl: server.httpUrl,
      grpcAddress: null,
      dataDir: "",
      version: "",
      keyRequired: false,
      isNameGuessed: false,
      hasRuns: false,
    });
    for (const line of printed.split("\n").filter((text) => /^ {2}(curl|BATCHWATCH|export)/.test(text)))
      expect(shown).toContain(line.trim());
    expect(await seriousFindings(page)).toEqual([]);

    await page.evaluate(`document.body.setAttribute("data-not-reloaded", "")`);
    const first = await server.request("/ping/local/my_job");
    expect(first.status).toBeLessThan(300);
    await page.getByRole("link", { name: "my_job" }).first().waitFor();
    await page.getByText("ok", { exact: true }).first().waitFor();
    expect(await page.locator("body[data-not-reloaded]").count()).toBe(1);
    expect(complaints).toEqual([]);
  });
});

describe("the pages after a night", () => {
  beforeEach(sendNight);

  it("put what needs a person on top of the board, in colour, shape and word", async () => {
    const page = await open("/");
    await page.getByRole("heading", { name: /2 open incidents \(1 critical\)/ }).waitFor();
    const groups = page.getByRole("table", { name: "Jobs" }).getByRole("heading");
    await expect.poll(() => groups.allInnerTexts(), PATIENT).toEqual(["Failing", "Late or at risk", "OK"]);
    const row = page.getByRole("row").filter({ hasText: "invoice_export" });
    expect(await row.getByText("failing", { exact: true }).count()).toBe(1);
    expect(await row.innerText()).toContain("relay refused <b>the</b> message");
    // What is wrong stands in a row as high as any other, and its incident has the colour and the word of its severity.
    expect((await row.boundingBox())?.height).toBe(36);
    const late = page.getByRole("row").filter({ hasText: "train_model" });
    await late.getByRole("link", { name: "incident, warning" }).waitFor();
    await page.getByRole("img", { name: /Last 6 runs: 6 completed/ }).waitFor();
    expect(await page.title()).toMatch(/^\(2\) /);
    expect(await page.locator("#favicon").getAttribute("href")).toBe("/favicon-down.svg");
    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("filter the board by the address, and the address by the filters", async () => {
    const page = await open("/?health=ok");
    await page.getByRole("link", { name: "load_orders" }).waitFor();
    expect(await page.getByRole("link", { name: "train_model" }).count()).toBe(0);
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByRole("link", { name: "train_model" }).waitFor();
    await page.getByRole("textbox", { name: "Owner", exact: true }).fill("ml-team");
    await page.waitForURL(/owner=ml-team/);
    await expect.poll(() => page.getByRole("link", { name: "load_orders" }).count(), PATIENT).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("find a job from anywhere by the keyboard", async () => {
    const page = await open("/incidents");
    await page.getByRole("heading", { name: "Incidents" }).waitFor();
    await page.keyboard.press("Control+K");
    await page.keyboard.type("orders");
    await page.getByRole("option", { name: /load_orders/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/jobs\/default\/load_orders/);
    await page.getByRole("heading", { name: "load_orders" }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("show a job's history, settings with their source, and how to ping it", async () => {
    const page = await open("/jobs/default/load_orders");
    await page.getByRole("heading", { name: "Duration and records" }).waitFor();
    await page.locator("svg[baseProfile]").waitFor();
    await expect
      .poll(() => page.getByRole("table", { name: "Runs, newest first" }).getByRole("row").count(), PATIENT)
      .toBe(7);
    const snippet = page.locator("pre");
    expect(await snippet.innerText()).toMatch(/curl -fsS http:\/\/127\.0\.0\.1:\d+\/ping\/[\w-]+\/start/);
    await page.getByText("exec", { exact: true }).click();
    expect(await snippet.innerText()).toContain("npx batchwatch exec --job load_orders --");
    expect(await seriousFindings(page)).toEqual([]);

    await page.goto(`${server.httpUrl}/jobs/default/train_model`);
    const setting = page.locator("dl").filter({ hasText: "Max duration" }).last();
    expect(await setting.innerText()).toMatch(/Max duration\s+5m\s*in\)?\s*code|Max duration[\s\S]*code/);
    expect(complaints).toEqual([]);
  });

  it("show a run from end to end, live", async () => {
    const page = await open("/runs/train-1?namespace=default&job=train_model");
    await page.getByRole("heading", { name: "train-1" }).waitFor();
    const phases = page.getByRole("list", { name: "Phases of the run" });
    await expect.poll(() => phases.innerText(), PATIENT).toMatch(/scheduled[\s\S]*queued[\s\S]*running/);
    await page.getByRole("heading", { name: "Duration exceeded" }).waitFor();
    await page.getByText("epoch 2: loss 0.3121").first().waitFor();
    expect(await page.getByRole("progressbar", { name: "Progress" }).count()).toBe(1);
    const steps = page.locator("section").filter({ has: page.getByRole("heading", { name: "Steps" }) });
    expect(await steps.getByRole("listitem").allInnerTexts()).toEqual([
      expect.stringMatching(/success:\s+prepare[\s\S]*52\s+k processed/),
      expect.stringMatching(/running:\s+fit/),
    ]);
    expect(await seriousFindings(page)).toEqual([]);

    await server.sendEvents([
      {
        kind: "step_ended",
        jobName: "train_model",
        runId: "train-1",
        step: { name: "fit", outcome: "success" },
      },
      { kind: "completed", jobName: "train_model", runId: "train-1", records: { processed: 100_000 } },
    ]);
    await page.getByText("completed", { exact: true }).first().waitFor();
    await page.getByRole("heading", { name: "What was wrong" }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("list the incidents and say what is wrong and who was told", async () => {
    const page = await open("/incidents");
    await page
      .getByRole("link", { name: /invoice_export/ })
      .first()
      .click();
    await page.getByRole("heading", { name: "Run failed", exact: true }).waitFor();
    await page.getByText("Nothing was sent.").waitFor();
    await page.getByRole("heading", { name: "Timeline" }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("link", { name: "invoices-1" }).click();
    await page.getByText("relay refused <b>the</b> message").first().waitFor();
    expect(complaints).toEqual([]);
  });

  it.each([
    ["/", "invoice_export"],
    ["/jobs/default/load_orders", "How to ping"],
    ["/runs/train-1?namespace=default&job=train_model", "epoch 2: loss 0.3121"],
    ["/incidents", "invoice_export"],
  ])("fit a narrow screen, and are readable in the dark: %s", async (path, text) => {
    const page = await open(path, { viewport: NARROW, colorScheme: "dark" });
    await page.getByText(text).first().waitFor();
    expect(await sidewaysScroll(page)).toBe(0);
    expect(await page.getByRole("banner").getByRole("link", { name: "2 open" }).isVisible()).toBe(true);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(16, 19, 24)");
    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("fit a wide screen without sideways scrolling, and load no chart before one is shown", async () => {
    const page = await open("/");
    await page.getByRole("link", { name: "load_orders" }).waitFor();
    const scripts = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter(({ name }) => name.endsWith(".js"))
        .map(({ name }) => name),
    );
    expect(scripts.filter((name) => /Chart|Editor/.test(name))).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
  });

  it("say what is wrong when there is no such thing, and what to do", async () => {
    const page = await open("/jobs/default/no_such_job");
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toContain("no_such_job");
    await alert.getByRole("button", { name: "Try again" }).waitFor();
    const nowhere = await page.goto(`${server.httpUrl}/local/daily_etl`);
    expect(nowhere?.status()).toBe(404);
    await page.getByRole("heading", { name: "Nothing here" }).waitFor();
    await page.getByText("Pings live under /ping/").waitFor();
  });

  it("keep the old data, dimmed and with its age, while the server is away", async () => {
    const page = await open("/");
    await page.getByRole("link", { name: "load_orders" }).waitFor();
    await server.close();
    await page.getByText(/^as of \d+\s+s ago/).waitFor();
    expect(await page.getByRole("link", { name: "load_orders" }).count()).toBe(1);
  });
});

describe("a server that asks for keys", () => {
  it("is asked again with the key that the reader types", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "batchwatch-web-"));
    await server.close();
    server = await startTestServer({ dataDir });
    const { secret } = await createApiKey(
      server.store,
      { name: "reader", scope: "read", namespace: null },
      Date.now(),
    );
    await server.close();
    server = await startTestServer({ dataDir, auth: { onLoopback: true } });
    const page = await open("/");
    const prompt = page.getByRole("dialog", { name: "This server asks for a key" });
    await prompt.waitFor();
    await prompt.getByLabel("API key").first().fill("bw_wrong");
    await prompt.getByRole("button", { name: "Use this key" }).click();
    await prompt.getByText("The server does not accept the key you gave.").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await prompt.getByLabel("API key").first().fill(secret);
    await prompt.getByRole("button", { name: "Use this key" }).click();
    await page.getByRole("heading", { name: "Send a first run" }).waitFor();
    await page.getByText("live", { exact: true }).waitFor();
    await prompt.waitFor({ state: "detached" });
    rmSync(dataDir, { recursive: true, force: true });
  });
});

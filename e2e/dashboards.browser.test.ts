/**
 * Dashboards and Explore in a real browser against the real server: what each type of panel draws is read back from its
 * drawing and compared with the samples that were sent; the address, zoom, choice of jobs, errors in place, files that change.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findWebDir } from "../packages/server/src/6-serve/web-pages.ts";
import { startTestServer, type TestServer } from "../packages/server/src/test-server.ts";
import { CHROMIUM_ARGS, findChromium } from "../scripts/find-chromium.ts";
import { MINUTE, PROBES_DASHBOARD, SPAN, sendProbes } from "./dashboard-probes.ts";
import { angleOf, panelOf, type Shape, shapesOf, valueScale } from "./drawn-shapes.ts";

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
const PATIENT = { timeout: 20_000 };
let browser: Browser;
let server: TestServer;
let dir: string;
/** The samples end here, on a full minute. */
let end: number;
let pages: Page[] = [];
let complaints: string[] = [];

beforeAll(async () => {
  if (findWebDir() === null) throw new Error("The pages are not built. Run `npm run build` first.");
  browser = await chromium.launch({ executablePath: findChromium(), args: [...CHROMIUM_ARGS] });
  dir = mkdtempSync(join(tmpdir(), "batchwatch-dashboards-"));
  writeFileSync(join(dir, "probes.yaml"), PROBES_DASHBOARD);
  server = await startTestServer({ dashboards: { files: [join(dir, "*.yaml")], reloadInterval: "200ms" } });
  end = Math.floor(Date.now() / MINUTE) * MINUTE;
  await sendProbes(server, end);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  complaints = [];
});
afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  pages = [];
});

async function open(path: string, options: object = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: WIDE, colorScheme: "light", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A query that the server refuses is part of a test; the browser tells of it all the same.
    if (message.type() === "error" && !message.text().includes("status of 400"))
      complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(server.httpUrl)) complaints.push(`asked ${request.url()}`);
  });
  pages.push(page);
  await page.goto(server.httpUrl + path);
  return page;
}

/** The dashboard over the hour of the samples. */
function openProbes(more = "", options: object = {}): Promise<Page> {
  return open(`/dashboards/probes?from=${end - SPAN}&to=${end}${more}`, options);
}

const INDIGO = "#4452d6";
const ORANGE = "#c2571a";
const TEAL = "#12897a";
const RED = "#d02f3d";

describe("a panel of type", () => {
  it("timeseries draws each value at its height, with its latest value in the legend", async () => {
    const page = await openProbes();
    const shapes = await shapesOf(page, "Level");
    const valueAt = valueScale(shapes, "0", "40");
    const lineOf = (color: string) => shapes.find(({ stroke, fill }) => stroke === color && fill === "none");
    const first = lineOf(INDIGO);
    const second = lineOf(ORANGE);
    expect(valueAt((first?.box.y ?? 0) + (first?.box.height ?? 0))).toBeCloseTo(10, 0);
    expect(valueAt(first?.box.y ?? 0)).toBeCloseTo(30, 0);
    expect(valueAt(second?.box.y ?? 0)).toBeCloseTo(20, 0);
    const legend = page.getByRole("list", { name: "Level, latest values" });
    expect(await legend.getByRole("button").allInnerTexts()).toEqual([
      expect.stringMatching(/^a\s+30$/),
      expect.stringMatching(/^b\s+20$/),
    ]);
    await legend.getByRole("button", { name: /^b/ }).click();
    await expect
      .poll(
        async () => (await shapesOf(page, "Level")).filter(({ stroke }) => stroke === INDIGO).length,
        PATIENT,
      )
      .toBe(0);
    expect(complaints).toEqual([]);
  });

  it("stat says the value in its unit, with the threshold that it has reached", async () => {
    const page = await openProbes();
    const panel = panelOf(page, "Rate now");
    await expect.poll(() => panel.locator("dd").innerText(), PATIENT).toMatch(/^green\s+60\s%$/);
    expect(await panel.locator("dt").innerText()).toBe("twice");
    expect(complaints).toEqual([]);
  });

  it("table has a row for each set of labels, the largest first", async () => {
    const page = await openProbes();
    const panel = panelOf(page, "By job");
    await panel.getByRole("row").nth(2).waitFor();
    const rows = await panel.getByRole("row").allInnerTexts();
    expect(rows.map((row) => row.replaceAll(/\s+/g, " ").trim())).toEqual([
      "__name__ job_name Value",
      "probe_level a 30",
      "probe_level b 20",
    ]);
  });

  it("heatmap draws what fell between two bounds, darker where more did", async () => {
    const page = await openProbes();
    const shapes = await shapesOf(page, "Waits");
    const rowOf = (label: string) => shapes.find(({ tag, text }) => tag === "text" && text === label)?.box;
    const cellsAt = (label: string) => {
      const row = rowOf(label);
      const y = (row?.y ?? 0) + (row?.height ?? 0) / 2;
      return shapes.filter(
        ({ box, fill, tag }) =>
          tag !== "text" &&
          /^#[0-9a-f]{6}$/.test(fill) &&
          box.y < y &&
          box.y + box.height > y &&
          box.width < 40,
      );
    };
    const [upTo5, upTo10] = [cellsAt("≤ 5 s"), cellsAt("≤ 10 s")];
    expect(upTo5.length).toBeGreaterThan(200);
    expect(upTo10.length).toBe(upTo5.length);
    expect(rowOf("≤ 1 s")).toBeUndefined();
    const fillsOf = (cells: readonly Shape[]) => [...new Set(cells.map(({ fill }) => fill))];
    expect(fillsOf(upTo5)).toEqual(["#3b48c4"]);
    // A quarter as many, on a square-root scale: half the way from the lightest to the darkest.
    expect(fillsOf(upTo10)).toEqual(["#929ae1"]);
    expect((await panelOf(page, "Waits").locator("p").last().innerText()).replaceAll(/\s+/g, "")).toBe("04");
    expect(complaints).toEqual([]);
  });

  it("piechart draws shares as angles, and says them", async () => {
    const page = await openProbes();
    const shapes = await shapesOf(page, "Shares");
    expect(angleOf(shapes.find(({ fill, tag }) => fill === INDIGO && tag === "path"))).toBeCloseTo(0.75, 1);
    expect(angleOf(shapes.find(({ fill, tag }) => fill === ORANGE && tag === "path"))).toBeCloseTo(0.25, 1);
    const words = await page
      .getByRole("list", { name: "Shares", exact: true })
      .getByRole("listitem")
      .allInnerTexts();
    expect(words.map((text) => text.replaceAll(/\s+/g, " ").trim())).toEqual([
      "Timeout 3 · 75 %",
      "(none) 1 · 25 %",
    ]);
    expect(shapes.some(({ tag, text }) => tag === "text" && text === "4")).toBe(true);
  });

  it("state-timeline draws each state for as long as it lasted, with its word", async () => {
    const page = await openProbes();
    const shapes = await shapesOf(page, "Alive");
    const bars = (color: string) =>
      shapes.filter(({ fill, tag }) => fill === color && tag !== "text").map(({ box }) => box);
    const up = bars(TEAL).sort((a, b) => a.y - b.y);
    const [down] = bars(RED);
    expect(up).toHaveLength(2);
    const whole = up[1]?.width ?? 0;
    expect((up[0]?.width ?? 0) / whole).toBeCloseTo(0.5, 1);
    expect((down?.width ?? 0) / whole).toBeCloseTo(0.5, 1);
    expect(down?.x ?? 0).toBeGreaterThanOrEqual((up[0]?.x ?? 0) + (up[0]?.width ?? 0) - 2);
    const words = await page
      .getByRole("list", { name: "Alive, states" })
      .getByRole("listitem")
      .allInnerTexts();
    expect(words.map((text) => text.replaceAll(/\s+/g, " ").trim()).sort()).toEqual([
      expect.stringMatching(/^down (30 m|29 m 45 s)$/),
      expect.stringMatching(/^up 1 h (29|30) m( \d\d s)?$/),
    ]);
  });
});

describe("a dashboard", () => {
  it("has its jobs, its time and its refresh in the address", async () => {
    const page = await openProbes("&job=b");
    const legend = page.getByRole("list", { name: "Level, latest values" });
    await expect.poll(() => legend.getByRole("button").count(), PATIENT).toBe(1);
    // A query that does not name the variable is narrowed too.
    await expect.poll(() => panelOf(page, "By job").getByRole("row").count(), PATIENT).toBe(2);
    await page.getByLabel("Jobs", { exact: true }).first().click();
    await page.getByRole("option", { name: "a", exact: true }).click();
    await page.waitForURL(/job=b&job=a/);
    await expect.poll(() => legend.getByRole("button").count(), PATIENT).toBe(2);
    await page.getByLabel("Refresh", { exact: true }).first().click();
    await page.getByRole("option", { name: "No refresh" }).click();
    await page.waitForURL(/refresh=off/);
    await page.goBack();
    expect(complaints).toEqual([]);
  });

  it("zooms by dragging over a chart, and back by the browser", async () => {
    const page = await openProbes();
    await shapesOf(page, "Level");
    const chart = panelOf(page, "Level").locator("[data-picks]");
    const box = await chart.boundingBox();
    if (box === null) throw new Error("the chart has no box");
    const before = page.url();
    const x = (share: number) => box.x + 64 + (box.width - 64 - 16) * share;
    await page.mouse.move(x(0.5), box.y + 80);
    await page.mouse.down();
    await page.mouse.move(x(0.6), box.y + 90);
    await page.mouse.move(x(0.75), box.y + 90);
    await page.mouse.up();
    await page.waitForURL((url) => url.href !== before);
    const params = new URL(page.url()).searchParams;
    expect(Math.abs(Number(params.get("from")) - (end - SPAN / 2))).toBeLessThan(MINUTE);
    expect(Math.abs(Number(params.get("to")) - (end - SPAN / 4))).toBeLessThan(MINUTE);
    // The first half, where the level was 10, is gone.
    await expect
      .poll(async () => {
        const shapes = await shapesOf(page, "Level");
        const line = shapes.find(({ stroke, fill }) => stroke === INDIGO && fill === "none");
        return valueScale(shapes, "0", "40")((line?.box.y ?? 0) + (line?.box.height ?? 0));
      }, PATIENT)
      .toBeGreaterThan(29);
    await page.goBack();
    await page.waitForURL(before);
    expect(complaints).toEqual([]);
  });

  it("follows its file: a change is shown, a mistake is told with its line while the old stays", async () => {
    const file = join(dir, "changing.yaml");
    writeFileSync(file, PROBES_DASHBOARD.replace("title: Probes", "title: First title"));
    await expect
      .poll(async () => (await server.request("/api/dashboards/changing")).status, PATIENT)
      .toBe(200);
    const page = await open("/dashboards/changing");
    await page.getByRole("heading", { name: "First title" }).waitFor();
    writeFileSync(file, PROBES_DASHBOARD.replace("title: Probes", "title: Second title"));
    await expect
      .poll(async () => (await server.request("/api/dashboards/changing")).text, PATIENT)
      .toContain("Second title");
    await page.reload();
    await page.getByRole("heading", { name: "Second title" }).waitFor();
    writeFileSync(file, PROBES_DASHBOARD.replace("type: stat", "type: stats"));
    await expect.poll(async () => (await server.request("/api/dashboards")).text, PATIENT).toContain("stats");
    await page.goto(`${server.httpUrl}/dashboards`);
    const problems = page.getByRole("region", { name: "Problems in dashboard files" });
    await expect
      .poll(() => problems.innerText(), PATIENT)
      .toMatch(/changing\.yaml:12[\s\S]*dashboard\.panels\[1\]\.type[\s\S]*did you mean "stat"/);
    await page.getByRole("link", { name: "Second title" }).waitFor();
    rmSync(file);
  });

  it("shows an error in the place of its panel, while the others go on", async () => {
    writeFileSync(
      join(dir, "broken.yaml"),
      `dashboard:
  title: Half broken
  panels:
    - { title: Broken, type: stat, query: "sum(probe_level) +" }
    - { title: Whole, type: stat, query: "sum(probe_level)" }
    - { title: Nothing, type: timeseries, query: "no_such_metric" }
`,
    );
    await expect.poll(async () => (await server.request("/api/dashboards/broken")).status, PATIENT).toBe(200);
    const page = await open(`/dashboards/broken?from=${end - SPAN}&to=${end}`);
    const alert = panelOf(page, "Broken").getByRole("alert");
    await expect
      .poll(() => alert.innerText(), PATIENT)
      .toMatch(/line 1, column \d+[\s\S]*sum\(probe_level\) \+[\s\S]*\^/);
    await expect.poll(() => panelOf(page, "Whole").locator("dd").innerText(), PATIENT).toBe("50");
    await panelOf(page, "Nothing")
      .getByText(/^No data from/)
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it("is listed with the shipped ones, which draw what runs have left", async () => {
    const page = await open("/");
    await page.getByRole("link", { name: "Dashboards" }).click();
    for (const title of ["Batch Job Monitoring", "Job Health", "Resource Usage", "SLA Tracking", "Probes"])
      await page.getByRole("link", { name: title, exact: true }).waitFor();
    await page.getByRole("link", { name: "Batch Job Monitoring", exact: true }).click();
    await expect.poll(() => page.getByRole("heading", { level: 2 }).count(), PATIENT).toBe(8);
    expect(complaints).toEqual([]);
  });

  it.each([
    ["wide and light", {}],
    ["narrow and dark", { viewport: NARROW, colorScheme: "dark" }],
  ])("is readable and does not scroll sideways: %s", async (_how, options) => {
    const page = await openProbes("", options);
    await shapesOf(page, "Level");
    await shapesOf(page, "Alive");
    const sideways = await page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect(sideways).toBe(0);
    const { violations } = await new AxeBuilder({ page }).exclude("svg[baseProfile]").analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(
      serious.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`)),
    ).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe("Explore", () => {
  const editorOf = (page: Page) => page.getByRole("textbox", { name: "PromQL query" });

  it("asks a query, keeps each asking in the browser's history, and shows it as a table too", async () => {
    const page = await open(`/explore?from=${end - SPAN}&to=${end}`);
    await page.getByRole("button", { name: "probe_alive", exact: true }).waitFor();
    await editorOf(page).click();
    await page.keyboard.type("sum(probe_level)");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await page.waitForURL(/query=sum/);
    const legend = page.getByRole("list", { name: /latest values/ });
    await expect.poll(() => legend.innerText(), PATIENT).toMatch(/50/);
    await page.getByText("Table", { exact: true }).click();
    await expect
      .poll(() => page.getByRole("table").getByRole("row").allInnerTexts(), PATIENT)
      .toEqual([expect.stringMatching(/^\s*Value\s*$/), expect.stringMatching(/^\s*50\s*$/)]);
    await page.goBack();
    await legend.waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "probe_alive", exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("completes the names of metrics and labels from this server", async () => {
    const page = await open(`/explore?from=${end - SPAN}&to=${end}`);
    await editorOf(page).click();
    await page.keyboard.type("probe_le");
    await page.getByRole("option", { name: /probe_level/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => editorOf(page).innerText(), PATIENT).toBe("probe_level");
    await page.keyboard.type("{job_n");
    await page
      .getByRole("option", { name: /job_name/ })
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it("points at the place of an error", async () => {
    const page = await open(`/explore?query=${encodeURIComponent("sum(probe_level) by (")}`);
    const alert = page.getByRole("alert");
    await expect
      .poll(() => alert.innerText(), PATIENT)
      .toMatch(/The query is not valid[\s\S]*line 1, column \d+/);
    await page.locator(".cm-lintRange-error").first().waitFor();
    expect(complaints).toEqual([]);
  });
});

it("the first page loads neither charts nor the editor", async () => {
  const page = await open("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  const scripts = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith(".js"))
      .map(({ name, ...entry }) => ({
        name,
        size: (entry as { decodedBodySize?: number }).decodedBodySize ?? 0,
      })),
  );
  expect(scripts.filter(({ name }) => /EChart|Editor|PanelChart|Dashboard|Explore/.test(name))).toEqual([]);
});

// The alertmanager channel against a real Alertmanager, where one is installed (Debian: prometheus-alertmanager).
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Notification } from "../channel.ts";
import { createReceiver } from "../channel-registry.ts";
import { type HttpReceiver, startHttpReceiver, unusedOrigin } from "../test-support/http-receiver.ts";
import { testAlert, testNotification } from "../test-support/notification.ts";

const PROGRAM = "/usr/bin/prometheus-alertmanager";

describe.skipIf(!existsSync(PROGRAM))("a real Alertmanager (skipped where it is not installed)", () => {
  let alertmanager: ChildProcess;
  let origin: string;
  let directory: string;
  let hook: HttpReceiver;

  beforeAll(async () => {
    hook = await startHttpReceiver();
    directory = mkdtempSync(join(tmpdir(), "batchwatch-alertmanager-"));
    const configFile = join(directory, "alertmanager.yml");
    writeFileSync(
      configFile,
      `route: { receiver: hook, group_by: ["..."], group_wait: 100ms, group_interval: 1s, repeat_interval: 4h }
receivers: [{ name: hook, webhook_configs: [{ url: "${hook.origin}/am", send_resolved: true }] }]
`,
    );
    origin = await unusedOrigin();
    alertmanager = spawn(
      PROGRAM,
      [
        `--config.file=${configFile}`,
        `--storage.path=${directory}`,
        `--web.listen-address=${new URL(origin).host}`,
        "--cluster.listen-address=",
      ],
      { stdio: "ignore" },
    );
    await until(async () => (await fetch(`${origin}/-/ready`).catch(() => null))?.ok === true);
  }, 60_000);

  afterAll(async () => {
    const exited = new Promise((resolve) => alertmanager.once("exit", resolve));
    alertmanager.kill();
    await exited;
    await hook.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  function send(changes: Partial<Notification>) {
    const receiver = createReceiver("team", "alertmanager", { urls: [origin, `${origin}/`] });
    return receiver.send(testNotification(changes), AbortSignal.timeout(10_000));
  }

  async function alerts(jobName: string): Promise<{ labels: Record<string, string>; endsAt: string }[]> {
    const filter = encodeURIComponent(`job_name="${jobName}"`);
    const response = await fetch(`${origin}/api/v2/alerts?filter=${filter}`);
    return (await response.json()) as { labels: Record<string, string>; endsAt: string }[];
  }

  function told(jobName: string): string[] {
    return hook.received.flatMap(({ body }) => {
      const { status, commonLabels } = body as { status: string; commonLabels: Record<string, string> };
      return commonLabels.job_name === jobName ? [`${status} ${commonLabels.severity}`] : [];
    });
  }

  test("fires, is told again under the same alert, gets worse without leaving the old one, and resolves", async () => {
    const begunAt = Date.now() - 60_000;
    const labels = { alertname: "BatchHeartbeatMissing", severity: "warning", job_name: "life" };
    const alert = testAlert({ labels, severity: "warning", startsAt: begunAt });
    const sentAt = Date.now();
    const first = await send({ alert, sentAt });
    expect(first).toMatchObject({ kind: "delivered", status: 200, resendAt: sentAt + 60_000 });
    expect(await alerts("life")).toMatchObject([
      { labels, endsAt: new Date(sentAt + 240_000).toISOString() },
    ]);
    await until(() => told("life").length === 1);

    await send({ alert, sentAt: sentAt + 1_000, memory: { labels } });
    expect(await alerts("life")).toMatchObject([{ endsAt: new Date(sentAt + 241_000).toISOString() }]);

    const worse = { ...labels, severity: "critical" };
    const raised = testAlert({ labels: worse, startsAt: begunAt });
    await send({ alert: raised, reason: "raised", sentAt: Date.now(), memory: { labels } });
    await until(async () => (await alerts("life")).every((one) => one.labels.severity === "critical"));
    await until(() => told("life").length === 3);

    const resolved = testAlert({
      labels: worse,
      startsAt: begunAt,
      status: "resolved",
      endsAt: Date.now() - 5,
    });
    const last = await send({
      alert: resolved,
      reason: "resolved",
      sentAt: Date.now(),
      memory: { labels: worse },
    });
    expect(last).toEqual({ kind: "delivered", status: 200, memory: { labels: worse } });
    await until(async () => (await alerts("life")).length === 0);
    await until(() => told("life").length === 4);
    expect(told("life").toSorted()).toEqual([
      "firing critical",
      "firing warning",
      "resolved critical",
      "resolved warning",
    ]);
  }, 60_000);

  test("takes whatever text a job brings, under mended names", async () => {
    const alert = testAlert({
      labels: {
        alertname: "BatchRunFailed",
        job_name: '夜間 "x" 👩‍💻\n2',
        "tag.größe": "7",
        "9": "n",
        empty: "",
      },
      annotations: { summary: "<b>\u0007", "run.url": "javascript:alert(1)" },
      startsAt: Date.now(),
    });
    expect(await send({ alert, sentAt: Date.now() })).toMatchObject({ kind: "delivered", status: 200 });
  });

  test("says why it refuses what cannot be", async () => {
    const alert = testAlert({ labels: {}, startsAt: Date.now() });
    const outcome = await send({ alert, sentAt: Date.now() });
    expect(outcome).toMatchObject({ kind: "refused", status: 400 });
    expect(JSON.stringify(outcome)).toMatch(/label/);
  });
});

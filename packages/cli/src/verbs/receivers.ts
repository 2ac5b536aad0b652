/** `batchwatch receivers`: where alerts can go, and a test message to one of them. */
import type { ReceiverTest, ReceiverView } from "@batchwatch/protocol";
import type { Command } from "commander";
import { ApiClient, addServerOptions, type ServerOptions } from "../api-client.ts";
import { plain, printJson, table } from "../show.ts";

/** Longer than the server gives both messages. */
const TEST_TIMEOUT_MS = 45_000;

export function registerReceivers(program: Command): void {
  const receivers = program.command("receivers").description("list receivers of alerts, or test one");
  addServerOptions(
    receivers
      .command("list", { isDefault: true })
      .description("list receivers, their channel and where it goes"),
  ).action(list);
  addServerOptions(
    receivers
      .command("test")
      .description("send a test alert and its resolution; ends with 1 when it does not arrive")
      .argument("<name>", "as `receivers list` shows it"),
  ).action(test);
  receivers.addHelpText("after", "\n  batchwatch receivers test ops");
}

async function list(flags: ServerOptions): Promise<void> {
  const answer = await new ApiClient(flags).get<{ items: ReceiverView[]; nextCursor: null }>(
    "/api/receivers",
  );
  if (flags.json) {
    printJson(answer);
    return;
  }
  if (answer.items.length === 0) {
    console.log(
      "No receivers. They are set in the configuration file: receivers, or alerts.alertmanagerFile.",
    );
    return;
  }
  console.log(
    table<ReceiverView>(answer.items, [
      { title: "NAME", value: (receiver) => receiver.name },
      { title: "TYPE", value: (receiver) => receiver.type },
      { title: "WHERE", value: (receiver) => receiver.target },
    ]),
  );
}

async function test(name: string, flags: ServerOptions): Promise<void> {
  const path = `/api/receivers/${encodeURIComponent(name)}/test`;
  const report = await new ApiClient(flags).post<ReceiverTest>(path, {}, {}, TEST_TIMEOUT_MS);
  if (!report.delivered) process.exitCode = 1;
  if (flags.json) {
    printJson(report);
    return;
  }
  for (const { reason, delivered, status, error, latencyMs } of report.steps) {
    const what = reason === "opened" ? "test alert" : "resolution";
    const proof = [status === null ? null : `status ${status}`, `${latencyMs} ms`].filter(Boolean).join(", ");
    const why = error === null ? "" : `: ${plain(error)}`;
    console.log(`${what}: ${delivered ? "delivered" : "not delivered"} (${proof})${why}`);
  }
}

/** Part of main.ts: who hears of alerts, from the configuration or from an Alertmanager file that may change meanwhile. */
import type { Config } from "@batchwatch/protocol";
import type { Logger } from "pino";
import { type AlertingParts, createAlerting } from "./4-alert/create-alerting.ts";
import { parseAlertmanagerConfig } from "./4-alert/routing/parse-alertmanager-config.ts";
import type { Receiver } from "./5-notify/channel-registry.ts";
import { configuredReceivers, routedReceivers } from "./5-notify/configured-receivers.ts";
import type { AlertingView } from "./6-serve/api/api-deps.ts";
import { type AlertmanagerFile, createAlertmanagerFile } from "./config/alertmanager-file.ts";
import type { DeadlineHandler } from "./storage/deadline-handler.ts";

export interface WiredAlerting {
  handlers: readonly DeadlineHandler[];
  /** Whom the outbox can reach now. */
  receivers: () => ReadonlyMap<string, Receiver>;
  file: AlertmanagerFile;
  view: AlertingView;
}

type Ground = Pick<AlertingParts, "store" | "clock" | "feed" | "selfMetrics" | "publicUrl"> & {
  config: Config;
  log: Logger;
};

export function wireAlerting(ground: Ground): WiredAlerting {
  const { receivers, alerts } = ground.config;
  let reachable = configuredReceivers(receivers);
  const alerting = createAlerting({
    ...ground,
    receivers: [...reachable.values()].filter(({ name }) => (alerts.receiver ?? name) === name),
    routing: () => file.routing(),
    maxPagesPerMinute: alerts.maxPagesPerMinute,
  });
  const file = createAlertmanagerFile({
    file: alerts.alertmanagerFile,
    reloadIntervalMs: alerts.reloadInterval,
    log: ground.log,
    parse: parseAlertmanagerConfig,
    async take(routing) {
      reachable = routedReceivers(routing);
      await alerting.reroute();
    },
  });
  return {
    handlers: alerting.handlers,
    receivers: () => reachable,
    file: {
      ...file,
      start() {
        if (receivers.length === 0 && alerts.alertmanagerFile === undefined)
          ground.log.warn(
            "No receiver is configured: incidents open and nobody is told (receivers, alerts.alertmanagerFile).",
          );
        file.start();
      },
    },
    view: {
      audience: alerting.audience,
      file: file.file,
      trouble: file.trouble,
      maxPagesPerMinute: alerts.maxPagesPerMinute,
    },
  };
}

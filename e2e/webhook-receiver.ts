/** A real HTTP server that takes what Batchwatch sends to a webhook, and remembers it with the time of arrival. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface ReceivedAlert {
  at: number;
  status: "firing" | "resolved";
  alertName: string;
  jobName: string;
  body: Record<string, unknown>;
}

export interface WebhookReceiver {
  url: string;
  received: ReceivedAlert[];
  /** Firing messages about a job. */
  firing(jobName: string): ReceivedAlert[];
  close(): Promise<void>;
}

interface WebhookBody {
  status: "firing" | "resolved";
  commonLabels: Record<string, string>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedAlert[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as WebhookBody;
      received.push({
        at: Date.now(),
        status: body.status,
        alertName: body.commonLabels.alertname ?? "",
        jobName: body.commonLabels.job_name ?? "",
        body: { ...body },
      });
      response.writeHead(200).end("ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    firing: (jobName) => received.filter((alert) => alert.jobName === jobName && alert.status === "firing"),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

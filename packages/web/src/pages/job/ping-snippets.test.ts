import { describe, expect, it } from "vitest";
import { pingSnippets, shellWord } from "./ping-snippets.ts";

const job = {
  namespace: "default",
  environment: "",
  jobName: "daily_etl",
  jobType: null,
  pingUrl: "http://127.0.0.1:4318/ping/0b8f",
};

describe("the snippets on the job page", () => {
  it("name the job's own address and names", () => {
    const snippets = pingSnippets(job, "http://127.0.0.1:4318/");
    expect(snippets.curl.code).toContain("curl -fsS http://127.0.0.1:4318/ping/0b8f/start\n");
    expect(snippets.exec.code).toBe("npx batchwatch exec --job daily_etl -- ./the_job.sh");
    expect(snippets.otel.code).toContain("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318\n");
    expect(snippets.otel.code).not.toContain("batch.namespace");
  });

  it("say namespace and environment where they are not the default", () => {
    const snippets = pingSnippets({ ...job, namespace: "billing", environment: "staging" }, "http://h");
    expect(snippets.exec.code).toContain("--namespace billing --env staging");
    expect(snippets.otel.code).toContain("deployment.environment.name=staging");
    expect(snippets.otel.code).toContain('"batch.namespace": "billing"');
  });

  it.each([
    ["load_orders", "load_orders"],
    ["load orders", "'load orders'"],
    ["it's; rm -rf /", `'it'\\''s; rm -rf /'`],
    ["$HOME", "'$HOME'"],
  ])("quote %s for the shell", (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});

import { expect, test } from "vitest";
import { startupText } from "./startup-text.ts";

const FACTS = {
  httpUrl: "http://127.0.0.1:4318",
  publicUrl: "http://127.0.0.1:4318",
  grpcAddress: null,
  dataDir: "data",
  version: "1.2.3",
  keyRequired: false,
  isNameGuessed: false,
  hasRuns: false,
};

test("says once where it is, and commands that reach it", () => {
  const text = startupText(FACTS);
  expect(text).toContain("OTLP/HTTP   http://127.0.0.1:4318\n");
  expect(text).toContain("curl -fsS http://127.0.0.1:4318/ping/local/daily_etl/start");
});

// The commands named the address that the server listens on, which no other host can call.
test("commands name the public address where one is set", () => {
  const text = startupText({ ...FACTS, publicUrl: "https://batchwatch.example", keyRequired: true });
  expect(text).toContain("http://127.0.0.1:4318, reached at https://batchwatch.example\n");
  const commands = text.slice(text.indexOf("1. a ping"));
  expect(commands).not.toContain("127.0.0.1");
  expect(commands).toContain("curl -fsS https://batchwatch.example/ping/bw_…/daily_etl/start");
  expect(commands).toContain("BATCHWATCH_URL=https://batchwatch.example npx batchwatch exec");
  expect(commands).toContain("OTEL_EXPORTER_OTLP_ENDPOINT=https://batchwatch.example\n");
});

test("a server that has runs does not say how to send a first one", () => {
  expect(startupText({ ...FACTS, hasRuns: true })).toMatch(/is ready\n(.+\n){3}\n$/);
});

test("says that a name is only guessed, and which option tells it", () => {
  expect(startupText(FACTS)).not.toContain("http.publicUrl");
  const guessed = startupText({ ...FACTS, httpUrl: "http://host-7:4318", isNameGuessed: true });
  expect(guessed).toMatch(/http\.publicUrl.*BATCHWATCH_HTTP_PUBLIC_URL/s);
});

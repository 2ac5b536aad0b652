import { configSchema } from "@batchwatch/protocol";
import { expect, test } from "vitest";
import { hostName, isLoopbackHost } from "./loopback.ts";
import { isKeyRequired } from "./startup-check.ts";

test.each([
  ["127.0.0.1", true],
  ["127.1.2.3", true],
  ["::1", true],
  ["[::1]", true],
  ["::ffff:127.0.0.1", true],
  ["localhost", true],
  ["batch.localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["127.0.0.1.evil.test", false],
  ["localhost.evil.test", false],
])("%s is loopback: %s", (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});

test.each([
  ["localhost:4318", "localhost"],
  ["LOCALHOST", "localhost"],
  ["[::1]:4318", "[::1]"],
  ["127.0.0.1", "127.0.0.1"],
  ["a@b", null],
  ["", null],
  ["a b", null],
])("the host of %j is %s", (header, expected) => {
  expect(hostName(header)).toBe(expected);
});

test.each([
  [{}, false],
  [{ http: { host: "0.0.0.0" } }, true],
  [{ grpc: { host: "0.0.0.0" } }, true],
  [{ grpc: { host: "0.0.0.0", enabled: false } }, false],
  [{ http: { publicUrl: "https://batch.example" } }, true],
  [{ http: { publicUrl: "http://localhost:8080" } }, false],
  [{ auth: { onLoopback: true } }, true],
])("a key is asked for with %j: %s", (input, expected) => {
  expect(isKeyRequired(configSchema.parse(input))).toBe(expected);
});

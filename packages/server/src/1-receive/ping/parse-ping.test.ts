import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePing, slugOf } from "./parse-ping.ts";
import { isRefusal } from "./ping-format.ts";

const UUID = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";

describe("the address of a ping", () => {
  test.each([
    [UUID, { by: "uuid", uuid: UUID }, { kind: "success" }],
    [`${UUID}/`, { by: "uuid", uuid: UUID }, { kind: "success" }],
    [UUID.toUpperCase(), { by: "uuid", uuid: UUID }, { kind: "success" }],
    [`${UUID}/start`, { by: "uuid", uuid: UUID }, { kind: "start" }],
    [`${UUID}/fail`, { by: "uuid", uuid: UUID }, { kind: "fail" }],
    [`${UUID}/log`, { by: "uuid", uuid: UUID }, { kind: "log" }],
    [`${UUID}/0`, { by: "uuid", uuid: UUID }, { kind: "exit", exitCode: 0 }],
    [`${UUID}/255`, { by: "uuid", uuid: UUID }, { kind: "exit", exitCode: 255 }],
    ["key/daily_etl", { by: "slug", pingKey: "key", slug: "daily_etl" }, { kind: "success" }],
    ["key/daily-etl/start", { by: "slug", pingKey: "key", slug: "daily-etl" }, { kind: "start" }],
    ["key/daily-etl/7", { by: "slug", pingKey: "key", slug: "daily-etl" }, { kind: "exit", exitCode: 7 }],
    ["key/start", { by: "slug", pingKey: "key", slug: "start" }, { kind: "success" }],
  ])("%s", (path, target, action) => {
    expect(parsePing(path, {})).toEqual({ target, action, rid: null, create: false });
  });

  test.each([
    ["", 404, "not found"],
    ["word", 404, "not found"],
    ["key/", 404, "not found"],
    ["key/daily_etl/", 404, "not found"],
    ["key/daily_etl/stop", 404, "not found"],
    ["key/daily_etl/start/now", 404, "not found"],
    [`${UUID}/stop`, 404, "not found"],
    [`${UUID}/start/`, 404, "not found"],
    [`${UUID}/256`, 400, "invalid url format"],
    ["key/daily_etl/999", 400, "invalid url format"],
    ["key/Daily_ETL", 400, "invalid url format"],
    ["key/daily%20etl", 400, "invalid url format"],
  ])("%s is refused with %d %s", (path, status, text) => {
    expect(parsePing(path, {})).toEqual({ status, text });
  });

  test("the run id is a UUID in any case; create is 1 or nothing", () => {
    expect(parsePing(UUID, { rid: UUID.toUpperCase(), create: "1" })).toMatchObject({
      rid: UUID,
      create: true,
    });
    expect(parsePing(UUID, { create: "true" })).toMatchObject({ create: false });
    for (const rid of ["", "x", `${UUID}0`, UUID.replaceAll("-", "")])
      expect(parsePing(UUID, { rid })).toEqual({ status: 400, text: "invalid uuid format" });
  });

  test("is read or refused, whatever it is", () => {
    const part = fc.oneof(fc.constantFrom(UUID, "start", "fail", "log", "0", "300", ""), fc.string());
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 5 }),
        fc.option(fc.string(), { nil: undefined }),
        (parts, rid) => {
          const ping = parsePing(parts.join("/"), { rid });
          if (isRefusal(ping)) return;
          if (ping.target.by === "slug") expect(ping.target.slug).toMatch(/^[a-z0-9_-]+$/);
          if (ping.action.kind === "exit") expect(ping.action.exitCode).toBeLessThan(256);
        },
      ),
    );
  });
});

test.each([
  ["daily_etl", "daily_etl"],
  ["Daily ETL", "daily-etl"],
  ["etl/orders (EU)", "etl-orders-eu"],
])("the slug of %s is %s", (jobName, slug) => {
  expect(slugOf(jobName)).toBe(slug);
});

import Fastify from "fastify";
import { expect, test } from "vitest";
import type { AccessControl } from "../access/access-control.ts";
import { ManualClock } from "../lib/clock.ts";
import { registerHealth } from "./health.ts";

const EVERYBODY_READS: Pick<AccessControl, "authenticate"> = {
  authenticate: () => Promise.resolve({ scope: "read", namespace: null, keyId: null }),
};

test("a check that costs something is not made for each probe, and its answer does not grow old", async () => {
  const clock = new ManualClock(1_000_000);
  const app = Fastify();
  let checks = 0;
  let trouble: string | null = null;
  const check = (): string | null => {
    checks += 1;
    return trouble;
  };
  registerHealth(app, EVERYBODY_READS as AccessControl, [{ name: "storage", check, keepMs: 2_000 }], clock);
  const status = async (): Promise<number> => (await app.inject("/readyz")).statusCode;

  expect(await Promise.all([status(), status(), status()])).toEqual([200, 200, 200]);
  trouble = "The disk is full";
  clock.advance(1_999);
  expect([await status(), checks]).toEqual([200, 1]);
  clock.advance(1);
  expect([await status(), checks]).toEqual([503, 2]);
  clock.set(0);
  trouble = null;
  expect([await status(), checks]).toEqual([200, 3]);
  await app.close();
});

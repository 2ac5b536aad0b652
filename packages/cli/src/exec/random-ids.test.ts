import { expect, test } from "vitest";
import { newTraceContext, randomUuid } from "./random-ids.ts";

test("a run id is a version 4 UUID, new each time", () => {
  const ids = Array.from({ length: 50 }, randomUuid);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(50);
});

test("a trace that was handed over goes on", () => {
  const context = newTraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  expect(context).toMatchObject({
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    parentSpanId: "00f067aa0ba902b7",
  });
  expect(context.traceparent).toBe(`00-4bf92f3577b34da6a3ce929d0e0e4736-${context.spanId}-00`);
});

test.each([
  undefined,
  "",
  "nonsense",
  "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
  "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
])("%j begins a new trace", (inherited) => {
  const { traceId, spanId, traceparent, parentSpanId } = newTraceContext(inherited);
  expect(parentSpanId).toBe(undefined);
  expect(traceparent).toBe(`00-${traceId}-${spanId}-01`);
  expect([traceId.length, spanId.length]).toEqual([32, 16]);
});

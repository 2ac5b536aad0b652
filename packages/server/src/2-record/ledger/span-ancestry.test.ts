import { describe, expect, test } from "vitest";
import { spanAlias } from "../../model/identity.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { SpanRecord } from "../../model/telemetry.ts";
import { makeEvent as event, T0 } from "../../model/test-support/make-event.ts";
import { openLedger } from "../test-support/open-ledger.ts";

const TRACE = "a".repeat(32);
const id = (digit: string): string => digit.repeat(16);

function span(own: string, parent: string | null): SpanRecord {
  return {
    traceId: TRACE,
    spanId: id(own),
    parentSpanId: parent === null ? null : id(parent),
    name: `span ${own}`,
    serviceName: null,
    startedAt: T0,
    endedAt: T0 + 1000,
    status: "ok",
    statusMessage: null,
    attributes: {},
    events: [],
    droppedEvents: 0,
  };
}

/** A step below span 3, which is below span 2, which is below the run's own span 1. */
const STEP: RunEvent = event("step_ended", 4, {
  job: null,
  run: { by: "span", traceId: TRACE, spanId: id("3") },
  aliases: [spanAlias(TRACE, id("4"))],
  witness: "otlp-span",
  traceId: TRACE,
  spanId: id("4"),
  step: { name: "load", id: id("4"), outcome: "success" },
});
const ROOT: RunEvent[] = [event("started", 0), event("completed", 10)].map((one) => ({
  ...one,
  aliases: [spanAlias(TRACE, id("1"))],
  witness: "otlp-span" as const,
  traceId: TRACE,
  spanId: id("1"),
}));

describe("a step below spans that are no steps", () => {
  const deliveries: [string, [RunEvent[], SpanRecord[]][]][] = [
    [
      "all at once",
      [
        [
          [STEP, ...ROOT],
          [span("1", null), span("2", "1"), span("3", "2"), span("4", "3")],
        ],
      ],
    ],
    [
      "children first, the root last",
      [
        [[STEP], [span("4", "3")]],
        [[], [span("3", "2")]],
        [[], [span("2", "1")]],
        [ROOT, [span("1", null)]],
      ],
    ],
    [
      "the root first, the missing link last",
      [
        [ROOT, [span("1", null)]],
        [[STEP], [span("4", "3"), span("3", "2")]],
        [[], [span("2", "1")]],
      ],
    ],
  ];

  test.each(deliveries)("finds its run: %s", async (_name, rounds) => {
    await using open = await openLedger();
    for (const [events, spans] of rounds) await open.ledger.record([{ events, links: [], spans, logs: [] }]);
    const runs = await open.runs();
    expect(runs).toHaveLength(1);
    expect(runs[0]?.steps.map(({ name }) => name)).toEqual(["load"]);
    expect(await open.store.countOrphans()).toBe(0);
  });

  test("waits while a span between is missing", async () => {
    await using open = await openLedger();
    await open.ledger.record([
      { events: [STEP, ...ROOT], links: [], spans: [span("1", null), span("3", "2")], logs: [] },
    ]);
    expect((await open.runs())[0]?.steps).toEqual([]);
    expect(await open.store.countOrphans()).toBe(1);
  });
});

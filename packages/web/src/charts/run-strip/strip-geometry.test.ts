import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StripBar } from "../../api/resources.ts";
import { layOutStrip, SMALL_STRIP, STRIP_LENGTH, stripSentence, stripWidth } from "./strip-geometry.ts";

const NOW = Date.parse("2026-11-23T06:00:00Z");
const usual = { usualMs: 100_000, p95Ms: 400_000 };

function bar(over: Partial<StripBar>): StripBar {
  const at = "2026-11-23T05:00:00.000Z";
  return { runId: "r", at, phase: "completed", durationMs: null, recordsProcessed: null, why: null, ...over };
}

const heights = (bars: StripBar[], scale = usual) =>
  layOutStrip(bars, scale, SMALL_STRIP, NOW).bars.map((placed) => placed.height);

describe("the run strip", () => {
  it("is 238 px wide for thirty bars of 6 px with gaps of 2 px", () => {
    expect(stripWidth(SMALL_STRIP)).toBe(238);
  });

  it("ends at the right edge however few bars there are", () => {
    const layout = layOutStrip([bar({}), bar({})], usual, SMALL_STRIP, NOW);
    expect(layout.bars.map((placed) => placed.x)).toEqual([224, 232]);
  });

  it("draws the p95 at four fifths and the usual on the same square-root scale", () => {
    expect(heights([bar({ durationMs: 400_000 })])[0]).toBeCloseTo(0.8 * SMALL_STRIP.barRoom);
    const layout = layOutStrip([], usual, SMALL_STRIP, NOW);
    expect(layout.ground - (layout.usualY ?? 0)).toBeCloseTo(0.4 * SMALL_STRIP.barRoom);
  });

  it("lets a running bar grow", () => {
    const running = bar({ phase: "running", at: "2026-11-23T05:58:20.000Z" });
    const before = layOutStrip([running], usual, SMALL_STRIP, NOW).bars[0]?.height ?? 0;
    const after = layOutStrip([running], usual, SMALL_STRIP, NOW + 60_000).bars[0]?.height ?? 0;
    expect(before).toBeCloseTo(0.4 * SMALL_STRIP.barRoom);
    expect(after).toBeGreaterThan(before);
  });

  it("measures against the longest run where the job has no history", () => {
    expect(heights([bar({ durationMs: 9_000 })], { usualMs: null, p95Ms: null } as never)[0]).toBeCloseTo(
      0.8 * SMALL_STRIP.barRoom,
    );
  });

  it("keeps every bar inside, whatever the durations are", () => {
    const anyBar = fc
      .record({
        durationMs: fc.option(fc.double({ min: 0, max: 1e12, noNaN: true })),
        phase: fc.constantFrom("completed", "failed", "missed", "running", "expected", "unknown"),
      })
      .map((over) => bar(over as Partial<StripBar>));
    fc.assert(
      fc.property(fc.array(anyBar, { maxLength: 50 }), fc.option(fc.nat()), (bars, p95Ms) => {
        const layout = layOutStrip(bars, { usualMs: p95Ms, p95Ms }, SMALL_STRIP, NOW);
        expect(layout.bars.length).toBe(Math.min(bars.length, STRIP_LENGTH));
        for (const placed of layout.bars) {
          expect(placed.x).toBeGreaterThanOrEqual(0);
          expect(placed.y).toBeGreaterThanOrEqual(SMALL_STRIP.capRoom - 1e-9);
          expect(placed.y + placed.height).toBeCloseTo(layout.ground);
        }
      }),
    );
  });

  it("says itself in one sentence", () => {
    const word = (phase: string) => phase;
    expect(stripSentence([], word)).toBe("No runs yet");
    expect(stripSentence([bar({})], word)).toBe("Last run: 1 completed; latest completed");
    expect(stripSentence([bar({}), bar({ phase: "missed" }), bar({})], word)).toBe(
      "Last 3 runs: 2 completed, 1 missed; latest completed",
    );
  });
});

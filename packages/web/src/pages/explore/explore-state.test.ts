import { describe, expect, it } from "vitest";
import { offsetOfPlace, readExploreState } from "./explore-state.ts";

describe("Explore's address", () => {
  it("begins with nothing asked, a graph, the last hour", () => {
    expect(readExploreState(new URLSearchParams())).toEqual({
      query: "",
      view: "graph",
      range: { from: "now-1h", to: "now" },
    });
  });

  it("says what was asked, and how", () => {
    expect(readExploreState(new URLSearchParams("query=+up+&view=table&from=now-7d"))).toEqual({
      query: "up",
      view: "table",
      range: { from: "now-7d", to: "now" },
    });
  });
});

it.each([
  [1, 1, 0],
  [1, 4, 3],
  [2, 1, 4],
  [9, 1, 7],
  [2, 99, 7],
])("line %s, column %s is at %s", (line, column, offset) => {
  expect(offsetOfPlace("abc\ndef", { line, column })).toBe(offset);
});

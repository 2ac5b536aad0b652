import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSseParser } from "./sse-parser.ts";

describe("the parser of server-sent events", () => {
  it.each([
    ["one event", "event: run\ndata: {}\n\n", [{ event: "run", data: "{}" }]],
    ["no name", "data: x\n\n", [{ event: "message", data: "x" }]],
    ["comments and retry", ": beat\nretry: 1000\nid: 7\n\n", []],
    ["many lines of data", "data: a\ndata: b\n\n", [{ event: "message", data: "a\nb" }]],
    ["CR LF", "event: job\r\ndata: 1\r\n\r\n", [{ event: "job", data: "1" }]],
    ["an unfinished event", "data: x\n", []],
  ])("reads %s", (_name, text, events) => {
    expect(createSseParser()(text)).toEqual(events);
  });

  it("finds the same events however the text is cut", () => {
    const text = 'event: run\r\ndata: {"a":1}\r\n\r\n: beat\n\ndata: x\ndata: y\n\nevent: job\rdata: z\r\r\n';
    const whole = createSseParser()(`${text}\n`);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 }), (cuts) => {
        const parse = createSseParser();
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const events = at.flatMap((from, index) => parse(text.slice(from, at[index + 1] ?? text.length)));
        events.push(...parse("\n"));
        expect(events).toEqual(whole);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HttpProblem } from "../../lib/http-problem.ts";
import { readEventsBody } from "./events-body.ts";

describe("a body of run events", () => {
  test.each([
    ["one object", '{"a":1}', [{ a: 1 }]],
    ["an array", '[{"a":1},2]', [{ a: 1 }, 2]],
    ["nothing in an array", "[]", []],
    ["one object a line", '{"a":1}\n{"a":2}\r\n\n', [{ a: 1 }, { a: 2 }]],
  ])("is %s", (_name, text, events) => {
    expect(readEventsBody(Buffer.from(text), 10)).toEqual(events);
  });

  test.each([
    ["nothing", undefined, 400, "empty_body"],
    ["no JSON", Buffer.from("kind=started"), 400, "invalid_json"],
    ["half of JSON", Buffer.from('[{"a":1}'), 400, "invalid_json"],
    ["a broken line", Buffer.from('{"a":1}\n{"a":'), 400, "invalid_json"],
    ["a number", Buffer.from("5"), 400, "invalid_body"],
    ["no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), 400, "invalid_utf8"],
    ["too many", Buffer.from("[1,2,3,4,5,6,7,8,9,10,11]"), 413, "too_many_events"],
  ])("is refused when it is %s", (_name, body, status, code) => {
    expect(() => readEventsBody(body, 10)).toThrow(expect.objectContaining({ status, code }));
  });

  test("is read or refused with a problem, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            expect(Array.isArray(readEventsBody(Buffer.from(bytes), 10))).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(HttpProblem);
          }
        },
      ),
    );
  });
});

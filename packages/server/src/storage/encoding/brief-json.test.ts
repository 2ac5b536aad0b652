import fc from "fast-check";
import { expect, test } from "vitest";
import { readBrief, writeBrief } from "./brief-json.ts";

test("what a ping tells takes no more room than its client's name", () => {
  expect(writeBrief({ metadata: { user_agent: "curl/8.5.0" } })).toBe("ucurl/8.5.0");
  expect(writeBrief({ metadata: { rows: "1" } })).toBe('{"metadata":{"rows":"1"}}');
  expect(writeBrief({})).toBeNull();
});

test("every object comes back", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom("", '"', "\\", '"}}', '{"metadata":{"user_agent":"'));
  const metadata = fc.dictionary(fc.constantFrom("user_agent", "a"), text);
  fc.assert(
    fc.property(fc.record({ metadata, message: text }, { requiredKeys: [] }), (value) => {
      expect(readBrief(writeBrief(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

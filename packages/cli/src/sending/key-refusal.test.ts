import { expect, test } from "vitest";
import { keyRefusal, withoutStop } from "./key-refusal.ts";

const unauthorized = {
  status: 401,
  code: "unauthorized",
  detail: "This server asks for a key. Send it as ….",
};

test("a 401 names one remedy, for a key that is missing or not known", () => {
  expect(keyRefusal(unauthorized, false)).toMatch(/^it asks for a key\. Set BATCHWATCH_API_KEY;/);
  expect(keyRefusal(unauthorized, true)).toMatch(/^it does not know this key/);
  expect(keyRefusal({ status: 401, code: undefined, detail: null }, false)).toMatch(/asks for a key/);
});

test("where the server knows more, its own words stand", () => {
  expect(
    keyRefusal({ status: 401, code: "key_needed_through_proxy", detail: "A proxy …" }, false),
  ).toBeNull();
  expect(
    keyRefusal({ status: 403, code: "forbidden", detail: 'The key has the scope "read"' }, true),
  ).toBeNull();
  expect(keyRefusal({ status: 404, code: undefined, detail: null }, false)).toBeNull();
});

test("a sentence that is joined to another loses its full stop", () => {
  expect(withoutStop("Send it.. ")).toBe("Send it");
  expect(withoutStop("v1.5")).toBe("v1.5");
});

import { expect, test } from "vitest";
import { z } from "zod";
import "./issue-words.ts";

test.each([
  [z.number(), "ten", 'must be a number, not the text "ten"'],
  [z.number(), null, "must be a number, not null"],
  [z.number(), undefined, "is missing; it must be a number"],
  [z.number().int(), 1.5, "must be a whole number, not 1.5"],
  [z.number().min(0), -1, "must be at least 0, not -1"],
  [z.number().max(3), 4, "must be at most 3, not 4"],
  [z.number().gt(0), 0, "must be above 0, not 0"],
  [z.boolean(), "yes", 'must be true or false, not the text "yes"'],
  [z.string(), 5, "must be text, not a number: put it in quotes"],
  [z.string(), ["a"], "must be text, not a list"],
  [z.string().min(1), "", "must not be empty"],
  [z.string().max(2), "abc", "must be at most 2 characters long"],
  [z.array(z.string()), "a", "must be a list, not text"],
  [z.array(z.string()).min(1), [], "must hold at least 1"],
  [z.strictObject({}), 5, "must be an object with names and values, not 5"],
  [z.enum(["info", "warning"]), "wraning", '"wraning" is not known; did you mean "warning"?'],
  [z.enum(["info", "warning"]), 5, "must be one of info, warning, not 5"],
  [z.literal("webhook"), "mail", 'must be webhook, not "mail"'],
  [z.union([z.number(), z.boolean()]), "x", "is none of the forms that are accepted here"],
])("a schema says in our words what is wrong: %# (%j)", (schema: z.ZodType, input, words) => {
  expect(schema.safeParse(input).error?.issues.map(({ message }) => message)).toEqual([words]);
});

// A header's value or a webhook's address ends up where a list or an object should be.
test("text that may be a secret is not repeated", () => {
  for (const schema of [z.array(z.string()), z.record(z.string(), z.string()), z.strictObject({})])
    expect(schema.safeParse("Bearer S3CRET").error?.message).not.toContain("S3CRET");
});

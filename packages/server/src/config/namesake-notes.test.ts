import { pino } from "pino";
import { expect, test } from "vitest";
import { openLedger } from "../2-record/test-support/open-ledger.ts";
import { makeEvent, TEST_JOB } from "../model/test-support/make-event.ts";
import { createNamesakeNotes } from "./namesake-notes.ts";

test("a declared job beside a namesake that runs in another environment is told of, each once", async () => {
  await using open = await openLedger();
  const logged: string[] = [];
  const log = pino({}, { write: (line) => logged.push((JSON.parse(line) as { msg: string }).msg) });
  const notes = createNamesakeNotes({ ...open, log });
  const [declared] = await open.store.ensureJobs([{ ...TEST_JOB, createdBy: "declared", at: 0 }]);
  if (declared === undefined) throw new Error("no job");
  await open.store.setJobSettings(declared.id, "declared", { owner: "ann" }, 0);
  const say = () => open.feed.publish({ topic: "job", jobId: declared.id, job: TEST_JOB });
  say();
  await notes.look();
  expect(logged).toEqual([]);
  await open.record([makeEvent("started", 0, { job: { ...TEST_JOB, environment: "prod" } })]);
  say();
  await notes.look();
  expect(logged.toSorted()).toEqual([
    expect.stringMatching(/^A job of the same name is declared without an environment/),
    expect.stringMatching(/^No run of it was ever reported.* "environment: prod"/),
  ]);
  say();
  await notes.look();
  expect(logged).toHaveLength(2);
  notes.stop();
});

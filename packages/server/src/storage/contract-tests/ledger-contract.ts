/** The contract of the ledger store: one suite, run over every engine. */
import { describe } from "vitest";
import type { LedgerStore } from "../ledger-store.ts";
import { describeAlertGroups } from "./alert-groups-contract.ts";
import { describeEvents } from "./events-contract.ts";
import { describeJobs } from "./jobs-contract.ts";
import { describeMeter } from "./meter-contract.ts";
import { describeReceiverMemories } from "./receiver-memory-contract.ts";
import { describeRetention } from "./retention-contract.ts";
import { describeRules } from "./rules-contract.ts";
import { describeRuns } from "./runs-contract.ts";
import { describeTelemetry } from "./telemetry-contract.ts";
import { describeUnusualValues } from "./unusual-values-contract.ts";
import { describeWatch } from "./watch-contract.ts";

/** An open store over an empty database, for one test. The suite does not close it. */
export type OpenStore = () => Promise<LedgerStore>;

export function describeLedgerStore(engine: string, open: OpenStore): void {
  describe(`the ledger store on ${engine}`, () => {
    describeJobs(open);
    describeRuns(open);
    describeEvents(open);
    describeTelemetry(open);
    describeWatch(open);
    describeAlertGroups(open);
    describeReceiverMemories(open);
    describeRetention(open);
    describeRules(open);
    describeMeter(open);
    describeUnusualValues(open);
  });
}

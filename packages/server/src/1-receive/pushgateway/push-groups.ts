/**
 * The groups: what was pushed last under each grouping key. Kept in memory and, before a push is answered, in the ledger's
 * database. A push that contradicts what is there is refused whole.
 */
import { labelsOf } from "@batchwatch/promql";
import { Mutex } from "../../lib/mutex.ts";
import type { PushedFamily, PushGroup } from "../../model/push-group.ts";
import type { SeriesLabels } from "../../model/samples.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { groupKey } from "./grouping-key.ts";
import { PushError } from "./push-error.ts";

type GroupStore = Pick<LedgerStore, "pushGroups" | "savePushGroup" | "dropPushGroup">;

/** Ours in every group. */
const OWN_FAMILIES: ReadonlySet<string> = new Set(["push_time_seconds", "push_failure_time_seconds"]);

export interface Push {
  namespace: string;
  labels: SeriesLabels;
  families: readonly PushedFamily[];
  /** PUT: nothing else stays in the group. */
  replacesAll: boolean;
  at: number;
}

export class PushGroups {
  readonly #store: GroupStore;
  readonly #oneAtATime = new Mutex();
  #groups: Map<string, PushGroup> | null = null;

  constructor(store: GroupStore) {
    this.#store = store;
  }

  async all(): Promise<readonly PushGroup[]> {
    return [...(await this.#load()).values()];
  }

  /** Durable when it resolves. @throws PushError: nothing of it is taken */
  push(push: Push): Promise<PushGroup> {
    return this.#oneAtATime.run(async () => {
      const groups = await this.#load();
      const key = groupKey(push.namespace, push.labels);
      const known: PushGroup = groups.get(key) ?? {
        key,
        namespace: push.namespace,
        labels: push.labels,
        families: [],
        pushedAt: 0,
        failedAt: 0,
      };
      try {
        const families = grouped(push.families, push.labels);
        checkDuplicates(families);
        checkTypes(
          families,
          [...groups.values()].filter((group) => group.namespace === push.namespace && group.key !== key),
        );
        const pushed = new Set(families.map(({ name }) => name));
        const kept = push.replacesAll ? [] : known.families.filter(({ name }) => !pushed.has(name));
        return await this.#keep({ ...known, families: [...kept, ...families], pushedAt: push.at });
      } catch (error) {
        if (error instanceof PushError && error.isInconsistent)
          await this.#keep({ ...known, failedAt: push.at });
        throw error;
      }
    });
  }

  /** Harmless where there is none. */
  delete(namespace: string, labels: SeriesLabels): Promise<void> {
    return this.#oneAtATime.run(() => this.#drop(groupKey(namespace, labels)));
  }

  /** Drops what was not pushed to since then. */
  expire(before: number): Promise<void> {
    return this.#oneAtATime.run(async () => {
      for (const group of (await this.#load()).values())
        if (Math.max(group.pushedAt, group.failedAt) < before) await this.#drop(group.key);
    });
  }

  async #keep(group: PushGroup): Promise<PushGroup> {
    await this.#store.savePushGroup(group);
    (await this.#load()).set(group.key, group);
    return group;
  }

  async #drop(key: string): Promise<void> {
    await this.#store.dropPushGroup(key);
    (await this.#load()).delete(key);
  }

  async #load(): Promise<Map<string, PushGroup>> {
    this.#groups ??= new Map((await this.#store.pushGroups()).map((group) => [group.key, group]));
    return this.#groups;
  }
}

/** Labels of the group win over those of the body; the group's own two families cannot be pushed. */
function grouped(families: readonly PushedFamily[], labels: SeriesLabels): PushedFamily[] {
  return families
    .filter(({ name }) => !OWN_FAMILIES.has(name))
    .map((family) => ({
      ...family,
      samples: family.samples.map((sample) => ({ ...sample, labels: { ...sample.labels, ...labels } })),
    }));
}

function checkDuplicates(families: readonly PushedFamily[]): void {
  const seen = new Set<string>();
  for (const { samples } of families)
    for (const { name, labels } of samples) {
      const key = `${name}\0${labelsOf(Object.entries(labels)).key}`;
      if (seen.has(key))
        throw new PushError(`${name} stands twice with the same labels ${JSON.stringify(labels)}`, true);
      seen.add(key);
    }
}

function checkTypes(families: readonly PushedFamily[], others: readonly PushGroup[]): void {
  const types = new Map(families.map(({ name, type }) => [name, type]));
  for (const group of others)
    for (const { name, type } of group.families) {
      const pushed = types.get(name);
      if (pushed !== undefined && pushed !== type)
        throw new PushError(
          `${name} is a ${type} in the group of ${JSON.stringify(group.labels)}; it cannot be a ${pushed} here`,
          true,
        );
    }
}

/**
 * What a channel remembers of one incident at one receiver (the message that it updates, the labels it sent last), and
 * when it is to be told again without anything having changed.
 */
import type { Migration } from "./migration.ts";

export const createReceiverMemories: Migration = {
  name: "0007-create-receiver-memories",
  statements: ({ int, real, text, end }) => [
    `create table receiver_memories (
      incident_id ${int} not null references incidents (id) on delete cascade, receiver ${text} not null,
      memory ${text}, resend_at ${real}, lease_until ${real}, primary key (incident_id, receiver)
    ) ${end}`,
    "create index receiver_memories_resends on receiver_memories (resend_at) where resend_at is not null",
  ],
};

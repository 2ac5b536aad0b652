/** Incidents grouped for their receivers, and which incidents a message told of where there are several. */
import type { Migration } from "./migration.ts";

export const createAlertGroups: Migration = {
  name: "0006-create-alert-groups",
  statements: ({ id, int, real, text, end, clustered }) => [
    `create table alert_groups (
      id ${id}, group_key ${text} not null unique, route_key ${text} not null, receiver ${text} not null,
      labels ${text} not null, created_at ${real} not null, anchor_incident_id ${int}, notified_at ${real}
    ) ${end}`,

    `create table alert_group_members (
      group_id ${int} not null references alert_groups (id) on delete cascade,
      incident_id ${int} not null references incidents (id) on delete cascade,
      joined_at ${real} not null, told_severity ${text}, held_because ${text}, primary key (group_id, incident_id)
    ) ${clustered}`,
    "create index alert_group_members_by_incident on alert_group_members (incident_id)",

    // A delivery names one incident; those that it told of besides.
    `create table delivery_incidents (
      delivery_id ${int} not null references deliveries (id) on delete cascade,
      incident_id ${int} not null references incidents (id) on delete cascade, primary key (delivery_id, incident_id)
    ) ${clustered}`,
    "create index delivery_incidents_by_incident on delivery_incidents (incident_id)",
    "create index deliveries_by_time on deliveries (created_at)",
  ],
};

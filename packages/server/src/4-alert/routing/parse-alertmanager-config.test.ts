import { describe, expect, it } from "vitest";
import type { Route } from "../../model/routing.ts";
import { groupKey, groupLabels, matchRoutes, whyTaken } from "./match-routes.ts";
import { parseAlertmanagerConfig } from "./parse-alertmanager-config.ts";

const files = {
  locate: (file: string) =>
    file === "gone"
      ? ({ ok: false, why: "does not exist" } as const)
      : ({ ok: true, path: `/etc/${file}` } as const),
};

function config(text: string) {
  const reading = parseAlertmanagerConfig(text, files);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems, null, 1));
  return reading.config;
}

function problems(text: string): string[] {
  const reading = parseAlertmanagerConfig(text, files);
  return reading.ok ? [] : reading.problems.map(({ line, field, message }) => `${line} ${field}: ${message}`);
}

const RECEIVERS = `
receivers:
- name: default
  webhook_configs: [{url: https://hooks.example.com/x}]
- name: pager
  pagerduty_configs: [{routing_key: abc}]
- name: nobody
`;

describe("an Alertmanager file", () => {
  it("has Alertmanager's defaults, and children inherit what they do not say", () => {
    const { root } = config(`
route:
  receiver: default
  group_by: [job_name, alertname]
  repeat_interval: 1d
  routes:
  - matchers: [severity="critical"]
    receiver: pager
    group_wait: 0s
    mute_time_intervals: [nights]
    routes:
    - match: {owner: data}
      group_by: ['...']
      group_interval: 1m30s
  - match_re: {owner: "web|app"}
    continue: true
time_intervals: [{name: nights, time_intervals: [{}]}]
${RECEIVERS}`);
    expect(root).toMatchObject({
      key: "{}",
      line: 2,
      options: {
        receiver: "default",
        groupBy: ["alertname", "job_name"],
        groupWaitMs: 30_000,
        groupIntervalMs: 300_000,
        repeatIntervalMs: 86_400_000,
      },
    });
    const [critical, web] = root.routes as [Route, Route];
    expect(critical).toMatchObject({
      key: '{}/{severity="critical"}/0',
      continue: false,
      options: {
        receiver: "pager",
        groupWaitMs: 0,
        groupBy: ["alertname", "job_name"],
        muteTimeIntervals: ["nights"],
      },
    });
    expect(critical.routes[0]?.options).toMatchObject({
      receiver: "pager",
      groupBy: "all",
      groupWaitMs: 0,
      groupIntervalMs: 90_000,
      muteTimeIntervals: [],
    });
    expect(web).toMatchObject({ continue: true, key: '{}/{owner=~"web|app"}/1' });
  });

  it("groups by what the route says, and tells why it took an alert", () => {
    const { root } = config(`
route:
  receiver: default
  group_by: [job_name, owner]
  routes:
  - {matchers: ['severity=~"crit.*"'], receiver: pager, routes: [{matchers: [owner=data], group_by: ['...']}]}
${RECEIVERS}`);
    const labels = { alertname: "X", severity: "critical", job_name: 'a"b' };
    const [taken] = matchRoutes({ root }, labels);
    expect(groupKey(taken ?? root, labels)).toBe('{}/{severity=~"crit.*"}/0:{job_name="a\\"b"}');
    expect(whyTaken(root, taken ?? root)).toBe('it matches {severity=~"crit.*"}');
    const [inner] = matchRoutes({ root }, { ...labels, owner: "data" });
    expect(groupLabels(inner ?? root, { b: "1", a: "2" })).toEqual({ a: "2", b: "1" });
    expect(whyTaken(root, inner ?? root)).toBe('it matches {severity=~"crit.*"} and {owner="data"}');
    expect(whyTaken(root, matchRoutes({ root }, {})[0] ?? root)).toBe("no other route matches");
  });

  it("turns each integration into a channel with its options, files by their path, and global values beneath", () => {
    const { receivers } = config(`
global:
  smtp_smarthost: smtp.example.com:465
  smtp_from: batchwatch@example.com
  smtp_auth_username: me
  smtp_auth_password_file: pw
  slack_api_url: https://hooks.example.com/slack
route: {receiver: all}
receivers:
- name: all
  slack_configs:
  - send_resolved: true
  - {app_token: xoxb-1, channel: C1}
  - {api_url_file: hook}
  email_configs: [{to: "a@example.com, b@example.com"}]
  pagerduty_configs: [{routing_key_file: key}]
  opsgenie_configs: [{api_key: k, responders: [{type: team, name: data}], tags: "x,y"}]
  telegram_configs: [{bot_token: "110201543:AAHdqTcvCH1vGWJ", chat_id: -100}]
  webhook_configs:
  - url: https://hooks.example.com/x
    http_config: {basic_auth: {username: u, password_file: pw}, http_headers: {x-team: {values: [data]}}}
`);
    expect(receivers[0]?.integrations).toEqual([
      {
        name: "all/webhook",
        channel: "webhook",
        options: {
          url: "https://hooks.example.com/x",
          username: "u",
          passwordFile: "/etc/pw",
          headers: { "x-team": "data" },
          sendResolved: true,
        },
      },
      {
        name: "all/slack",
        channel: "slack",
        options: { url: "https://hooks.example.com/slack", sendResolved: true },
      },
      {
        name: "all/slack[1]",
        channel: "slack",
        options: { botToken: "xoxb-1", channel: "C1", sendResolved: false },
      },
      { name: "all/slack[2]", channel: "slack", options: { urlFile: "/etc/hook", sendResolved: false } },
      {
        name: "all/pagerduty",
        channel: "pagerduty",
        options: { routingKeyFile: "/etc/key", sendResolved: true },
      },
      {
        name: "all/email",
        channel: "email",
        options: {
          host: "smtp.example.com",
          port: 465,
          tls: "implicit",
          from: "batchwatch@example.com",
          username: "me",
          passwordFile: "/etc/pw",
          to: ["a@example.com", "b@example.com"],
          sendResolved: false,
        },
      },
      {
        name: "all/opsgenie",
        channel: "opsgenie",
        options: { apiKey: "k", teams: ["data"], tags: ["x", "y"], sendResolved: true },
      },
      {
        name: "all/telegram",
        channel: "telegram",
        options: { botToken: "110201543:AAHdqTcvCH1vGWJ", chatId: "-100", sendResolved: true },
      },
    ]);
  });

  it("lists every problem with its line", () => {
    expect(
      problems(`global:
  smtp_hello: x
  slack_api_ulr: y
route:
  receiver: nobodyy
  matchers: [a=b]
  group_wait: 5
  repeat_interval: 0s
  routes:
  - matchers:
    - "severity"
    group_by: [a, a]
    mute_time_intervals: [nights]
    continue: maybe
receivers:
- name: a
  webhook_configs: [{max_alerts: 3}]
  slack_configs: [{api_url: ftp://x}]
- name: a
  victorops_configs: [{}]
- name: b
  pagerduty_configs: [{routing_key_file: gone}]
templates: [x.tmpl]
inhibit_rules: [{source_matchers: [a], equals: [b]}]
`),
    ).toEqual([
      "2 global.smtp_hello: is an option of Alertmanager that Batchwatch does not have: take it out",
      "3 global.slack_api_ulr: is an option of Alertmanager that Batchwatch does not have: take it out",
      '5 route.receiver: names "nobodyy", which is not in "receivers" (a, b)',
      "6 route.matchers: may not stand in the first route, which takes everything always",
      '7 route.group_wait: must be a length of time such as 30s, 5m or 1h30m, not "5"',
      "8 route.repeat_interval: must be more than 0",
      '11 route.routes[0].matchers[0]: is no matcher: "severity"; write a label, one of = != =~ !~ and a value, like severity="critical"',
      "12 route.routes[0].group_by[1]: names a a second time",
      '13 route.routes[0].mute_time_intervals[0]: names "nights", which is not in "time_intervals"',
      "14 route.routes[0].continue: must be true or false",
      '17 receivers[0].webhook_configs[0].max_alerts: is an option of Alertmanager that the channel "webhook" does not have, which words its messages itself: take it out',
      "17 receivers[0].webhook_configs[0]: has no url or url_file",
      "18 receivers[0].slack_configs[0].api_url: must be an http(s) address",
      "19 receivers[1].name: is the name of another receiver already",
      "20 receivers[1].victorops_configs: has no channel in Batchwatch: use webhook_configs, with a bridge that takes Alertmanager's webhooks",
      "22 receivers[2].pagerduty_configs[0].routing_key_file: names gone, which does not exist",
      "23 templates: is not supported: Batchwatch words its messages itself; take it out",
      '24 inhibit_rules[0].equals: is not known; did you mean "equal"?',
      '24 inhibit_rules[0].source_matchers[0]: is no matcher: "a"; write a label, one of = != =~ !~ and a value, like severity="critical"',
    ]);
  });

  it.each([
    ["", /has no "route"/],
    ["- a", /must hold names and values/],
    ["route: {receiver: a\n", /is no valid YAML/],
    [`route: {receiver: default, group_by: [a, '...']}${RECEIVERS}`, /keep one of them/],
    [`route: {group_by: [a]}${RECEIVERS}`, /names no receiver/],
    [`route: {receiver: default, continue: true}${RECEIVERS}`, /nothing comes after it/],
  ])("%j is refused", (text, why) => {
    expect(problems(text).join("\n")).toMatch(why);
  });

  it("warns of a default receiver without a channel", () => {
    const reading = parseAlertmanagerConfig(`route: {receiver: nobody}${RECEIVERS}`, files);
    expect(reading).toMatchObject({
      ok: true,
      warnings: [{ line: 7, message: expect.stringContaining("told to nobody") as string }],
    });
  });
});

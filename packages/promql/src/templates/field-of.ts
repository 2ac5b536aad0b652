/** What `.Name` after a value means: a field, a key of a map, or a method. */
import { dayOfYear, durationString, formatTime, monthName, timeString, weekdayName } from "./go-time.ts";
import { type GoDuration, GoInt, type GoTime, type TemplateValue, typeName } from "./values.ts";

export type Found =
  | { readonly kind: "value"; readonly value: TemplateValue }
  | { readonly kind: "method"; readonly call: Method }
  | { readonly kind: "problem"; readonly problem: string };

type Method = (args: readonly TemplateValue[]) => TemplateValue;

export function fieldOf(value: TemplateValue, name: string): Found {
  if (value === null || value === undefined)
    return { kind: "problem", problem: `nil data; no entry for key ${JSON.stringify(name)}` };
  if (typeof value === "object") {
    if (value.kind === "map") {
      if (value.entries.has(name)) return { kind: "value", value: value.entries.get(name) };
      return { kind: "value", value: value.element === "string" ? "" : undefined };
    }
    if (value.kind === "struct" && value.fields.has(name))
      return { kind: "value", value: value.fields.get(name) };
    const method = methodOf(value, name);
    if (method !== undefined) return { kind: "method", call: method };
  }
  return { kind: "problem", problem: `can't evaluate field ${name} in type ${typeName(value)}` };
}

function methodOf(value: Exclude<TemplateValue, null | undefined>, name: string): Method | undefined {
  if (typeof value !== "object") return undefined;
  if (value.kind === "time") return timeMethod(value, name);
  return value.kind === "duration" ? durationMethod(value, name) : undefined;
}

function timeMethod(time: GoTime, name: string): Method | undefined {
  const { at } = time;
  const date = new Date(at);
  const methods: Readonly<Record<string, Method>> = {
    Format: ([layout]) => {
      if (typeof layout !== "string") throw new TypeError("wrong number of args for Format: want 1 got 0");
      return formatTime(at, layout);
    },
    String: () => timeString(at),
    UTC: () => time,
    Unix: () => new GoInt(Math.floor(at / 1000)),
    UnixMilli: () => new GoInt(at),
    UnixNano: () => new GoInt(at * 1_000_000),
    Year: () => new GoInt(date.getUTCFullYear()),
    Month: () => monthName(at),
    Day: () => new GoInt(date.getUTCDate()),
    Hour: () => new GoInt(date.getUTCHours()),
    Minute: () => new GoInt(date.getUTCMinutes()),
    Second: () => new GoInt(date.getUTCSeconds()),
    Weekday: () => weekdayName(at),
    YearDay: () => new GoInt(dayOfYear(at)),
  };
  return Object.hasOwn(methods, name) ? methods[name] : undefined;
}

function durationMethod({ ns }: GoDuration, name: string): Method | undefined {
  const methods: Readonly<Record<string, Method>> = {
    String: () => durationString(ns),
    Hours: () => Number(ns) / 3.6e12,
    Minutes: () => Number(ns) / 6e10,
    Seconds: () => Number(ns) / 1e9,
    Milliseconds: () => new GoInt(Number(ns / 1_000_000n)),
    Microseconds: () => new GoInt(Number(ns / 1_000n)),
    Nanoseconds: () => new GoInt(Number(ns)),
  };
  return Object.hasOwn(methods, name) ? methods[name] : undefined;
}

/** The range of time: the last hours or days, one of one's own, further back and ahead, and out. */
import { ActionIcon, Button, Popover, Select, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { now } from "../clock/clock.ts";
import { useZone } from "../clock/zone-choice.ts";
import { formatInstant } from "../format/instant.ts";
import {
  lengthOf,
  moved,
  type Period,
  periodOf,
  RANGE_CHOICES,
  relativeRange,
  type TimeRange,
} from "../url-state/time-range.ts";
import classes from "./time-controls.module.css";

interface Props {
  range: TimeRange;
  onChange: (range: TimeRange) => void;
}

const OWN = "own";

export function TimeControls({ range, onChange }: Props) {
  const zone = useZone();
  const length = lengthOf(range);
  const nowAt = now();
  const period = periodOf(range, nowAt);
  const choices = [...new Set([...RANGE_CHOICES, ...(length === null ? [] : [length])])];
  const move = (way: "out" | "back" | "ahead") => period && onChange(moved(period, way, nowAt));
  return (
    <div className={classes.controls}>
      <ActionIcon variant="default" size={30} aria-label="Further back" onClick={() => move("back")}>
        ‹
      </ActionIcon>
      <Select
        size="xs"
        className={length === null ? classes.ownRange : classes.range}
        aria-label="Time range"
        data={[
          ...choices.map((choice) => ({ value: choice, label: `Last ${choice}` })),
          ...(length === null && period !== null ? [{ value: OWN, label: periodWords(period, zone) }] : []),
        ]}
        value={length ?? OWN}
        allowDeselect={false}
        onChange={(choice) => {
          if (choice !== null && choice !== OWN) onChange(relativeRange(choice));
        }}
      />
      <OwnRange range={range} onChange={onChange} />
      <ActionIcon variant="default" size={30} aria-label="Further ahead" onClick={() => move("ahead")}>
        ›
      </ActionIcon>
      <Button variant="default" onClick={() => move("out")}>
        Zoom out
      </Button>
    </div>
  );
}

/** Any range: "now-36h", or an instant. */
function OwnRange({ range, onChange }: Props) {
  const [opened, setOpened] = useState(false);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const period = periodOf({ from, to }, now());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (period === null) return;
    onChange({ from: from.trim(), to: to.trim() });
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" withinPortal trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          onClick={() => {
            setFrom(written(range.from));
            setTo(written(range.to));
            setOpened((now) => !now);
          }}
        >
          From … to …
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={submit} className={classes.own}>
          <TextInput
            label="From"
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
            data-autofocus
          />
          <TextInput
            label="To"
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
            error={period === null ? "Nothing lies between the two" : null}
          />
          <p className={classes.hint}>“now-36h”, “now”, or a time such as 2026-11-24T06:00Z</p>
          <Button type="submit" disabled={period === null}>
            Look there
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Milliseconds are for addresses, not for people. */
function written(text: string): string {
  return /^\d+$/.test(text) ? new Date(Number(text)).toISOString() : text;
}

function periodWords({ from, to }: Period, zone: string): string {
  const style = { zone, nowAt: now(), withDay: true };
  return `${formatInstant(from, style)} – ${formatInstant(to, { ...style, withZone: true })}`;
}

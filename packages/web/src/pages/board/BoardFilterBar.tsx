/** The board's filters; each stands in the address, so a filtered board can be sent to somebody. */
import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import {
  BOARD_SORTS,
  type BoardFilters,
  type BoardSort,
  HEALTHS,
  hasBoardFilters,
  writeBoardFilters,
} from "../../url-state/board-filters.ts";
import classes from "./board.module.css";

const TYPING_MS = 200;

const SORT_WORDS: Readonly<Record<BoardSort, string>> = {
  health: "Attention first",
  nextDueAt: "Due next first",
  "-lastRunAt": "Latest run first",
  jobName: "By name",
};

export function BoardFilterBar({ filters }: { filters: BoardFilters }) {
  const [, setParams] = useSearchParams();
  const change = (changes: Partial<Record<keyof BoardFilters, string | null>>) =>
    setParams((now) => writeBoardFilters(now, changes as Partial<BoardFilters>), { replace: true });
  return (
    <search className={classes.filters} aria-label="Filter the board">
      <TypedFilter
        className={classes.filterText}
        label="Filter by name, owner or tag"
        value={filters.search}
        onSettled={(search) => change({ search })}
      />
      <Select
        className={classes.filterChoice}
        aria-label="Health"
        placeholder="Any health"
        data={HEALTHS.map((health) => ({ value: health, label: health }))}
        value={filters.health}
        onChange={(health) => change({ health })}
        clearable
      />
      <TypedFilter
        className={classes.filterChoice}
        label="Owner"
        value={filters.owner ?? ""}
        onSettled={(owner) => change({ owner })}
      />
      <Select
        className={classes.filterChoice}
        aria-label="Order"
        data={BOARD_SORTS.map((sort) => ({ value: sort, label: SORT_WORDS[sort] }))}
        value={filters.sort}
        onChange={(sort) => change({ sort: sort === "health" ? null : sort })}
        allowDeselect={false}
      />
      {hasBoardFilters(filters) && (
        <Button
          variant="subtle"
          size="sm"
          onClick={() => change({ search: null, namespace: null, health: null, owner: null })}
        >
          Clear filters
        </Button>
      )}
    </search>
  );
}

interface TypedProps {
  className: string | undefined;
  label: string;
  value: string;
  onSettled: (value: string) => void;
}

/** Writes the address when the typing pauses, and follows it when it changes elsewhere. */
function TypedFilter({ className, label, value, onSettled }: TypedProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const settle = useDebouncedCallback(onSettled, TYPING_MS);
  return (
    <TextInput
      {...(className !== undefined && { className })}
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        settle(event.currentTarget.value.trim());
      }}
    />
  );
}

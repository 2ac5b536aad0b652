/** Finds a job by part of its name from anywhere; ⌘K or Ctrl K puts the cursor there. */
import { Autocomplete } from "@mantine/core";
import { useDebouncedValue, useHotkeys } from "@mantine/hooks";
import { useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useJobSearch } from "../api/queries.ts";
import type { JobSummary } from "../api/resources.ts";
import { OutcomeMark } from "../components/OutcomeMark.tsx";
import { healthLook } from "../components/outcome.ts";
import { jobLink } from "../url-state/links.ts";
import classes from "./top-bar.module.css";

const TYPING_MS = 150;
/** As it is written on the reader’s own keyboard. */
const SHORTCUT = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K";

export function JobSearch() {
  const [text, setText] = useState("");
  const [settled] = useDebouncedValue(text.trim(), TYPING_MS);
  const found = useJobSearch(settled);
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  useHotkeys([["mod+K", () => input.current?.focus()]], []);

  const jobs = settled === "" ? [] : (found.data?.items ?? []);
  const byLink = new Map(jobs.map((job) => [jobLink(job), job]));
  const close = () => {
    setText("");
    input.current?.blur();
  };
  return (
    <Autocomplete
      ref={input}
      className={classes.search}
      size="sm"
      aria-label="Search jobs"
      placeholder="Search jobs"
      value={text}
      onChange={setText}
      data={[...byLink.keys()]}
      filter={({ options }) => options}
      rightSection={<span className={classes.hint}>{SHORTCUT}</span>}
      rightSectionWidth={56}
      rightSectionPointerEvents="none"
      renderOption={({ option }) => <FoundJob job={byLink.get(option.value) ?? null} />}
      onOptionSubmit={(link) => {
        void navigate(link);
        close();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
        if (event.key === "Enter" && text.trim() !== "" && !event.defaultPrevented) {
          void navigate(`/?search=${encodeURIComponent(text.trim())}`);
          close();
        }
      }}
    />
  );
}

function FoundJob({ job }: { job: JobSummary | null }) {
  if (!job) return null;
  return (
    <span style={{ display: "flex", alignItems: "center", gap: 8, minWidth: 0 }}>
      <OutcomeMark outcome={healthLook(job.health).outcome} />
      <code style={{ overflowWrap: "anywhere" }}>{job.jobName}</code>
      <span className="bw-dim">{[job.namespace, job.environment].filter(Boolean).join(" · ")}</span>
      <span className="bw-hidden">{healthLook(job.health).word}</span>
    </span>
  );
}

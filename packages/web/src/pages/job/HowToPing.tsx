/** How to send this job's runs: curl, around the command, and OpenTelemetry, with the job's own ids, to copy. */
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useOverview } from "../../api/queries.ts";
import type { JobDetail } from "../../api/resources.ts";
import { CopyBlock } from "../../components/CopyBlock.tsx";
import { Panel } from "../../components/Panel.tsx";
import classes from "./job.module.css";
import { pingSnippets, SNIPPET_KINDS, type SnippetKind } from "./ping-snippets.ts";

const KIND_WORDS: Readonly<Record<SnippetKind, string>> = { curl: "curl", exec: "exec", otel: "OTel" };

export function HowToPing({ job }: { job: JobDetail }) {
  const overview = useOverview();
  const [kind, setKind] = useState<SnippetKind>("curl");
  const snippet = pingSnippets(job, overview.data?.httpUrl ?? location.origin)[kind];
  return (
    <Panel
      title="How to ping"
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Way of sending"
          data={SNIPPET_KINDS.map((value) => ({ value, label: KIND_WORDS[value] }))}
          value={kind}
          onChange={(next) => setKind(SNIPPET_KINDS.find((name) => name === next) ?? "curl")}
        />
      }
    >
      <p className={classes.hint}>{snippet.words}</p>
      <CopyBlock label={`How to ping by ${KIND_WORDS[kind]}`} code={snippet.code} />
    </Panel>
  );
}

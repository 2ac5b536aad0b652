/** Search, namespace, whose clock, light or dark, whether the page is live, and how many incidents are open. */
import { ActionIcon, Select, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";
import { useLiveState } from "../api/live-updates.ts";
import type { Overview } from "../api/resources.ts";
import { useZoneChoice, viewerZone, ZONE_CHOICES, type ZoneChoice } from "../clock/zone-choice.ts";
import { OutcomeMark } from "../components/OutcomeMark.tsx";
import { withParams } from "../url-state/board-filters.ts";
import { JobSearch } from "./JobSearch.tsx";
import classes from "./top-bar.module.css";

export function TopBar({ overview }: { overview: Overview | null }) {
  return (
    <header className={classes.bar}>
      <JobSearch />
      <NamespaceSelect namespaces={overview?.namespaces ?? []} />
      <ZoneSelect />
      <div className={classes.right}>
        <SchemeSwitch />
        <LiveDot />
        {overview && overview.openIncidents > 0 && (
          <Link className={classes.incidents} to="/incidents">
            <OutcomeMark outcome={overview.openCritical > 0 ? "failed" : "late"} />
            <span>{overview.openIncidents} open</span>
          </Link>
        )}
      </div>
    </header>
  );
}

/** Narrows the lists to one namespace; there is nothing to choose while everything is in one. */
function NamespaceSelect({ namespaces }: { namespaces: readonly string[] }) {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  // On other pages the address names the namespace of a job, which is no filter.
  const isList = pathname === "/" || pathname === "/incidents";
  const chosen = isList ? params.get("namespace") : null;
  if (namespaces.length < 2 && chosen === null) return null;
  const choose = (next: string | null) => {
    if (isList) setParams((now) => withParams(now, { namespace: next }));
    else if (next !== null) void navigate(`/?namespace=${encodeURIComponent(next)}`);
  };
  return (
    <Select
      className={classes.namespace}
      aria-label="Namespace"
      placeholder="All namespaces"
      data={[...new Set([...namespaces, ...(chosen ? [chosen] : [])])]}
      value={chosen}
      onChange={choose}
      clearable
      searchable={namespaces.length > 8}
    />
  );
}

const ZONE_WORDS: Readonly<Record<ZoneChoice, string>> = {
  job: "Job’s time",
  viewer: `My time (${viewerZone})`,
  utc: "UTC",
};

function ZoneSelect() {
  const [zone, setZone] = useZoneChoice();
  return (
    <Select
      className={classes.zone}
      aria-label="Time zone of the times shown"
      data={ZONE_CHOICES.map((value) => ({ value, label: ZONE_WORDS[value] }))}
      value={zone}
      allowDeselect={false}
      comboboxProps={{ width: 240, position: "bottom-start" }}
      onChange={(next) => {
        const found = ZONE_CHOICES.find((name) => name === next);
        if (found) setZone(found);
      }}
    />
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={32}
      aria-label={`Switch to the ${other} scheme`}
      onClick={() => setColorScheme(other)}
    >
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="M8 1.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor" />
      </svg>
    </ActionIcon>
  );
}

const LIVE_WORDS = { connecting: "connecting", live: "live", cut: "cut" } as const;

function LiveDot() {
  const state = useLiveState();
  return (
    <span className={classes.live} data-state={state} role="status">
      <span className={classes.dot} aria-hidden="true" />
      {LIVE_WORDS[state]}
    </span>
  );
}

/** The frame of every page: rail, top bar, the page itself. Holds the live connection and the key prompt. */
import { Outlet, ScrollRestoration } from "react-router";
import { useLiveUpdates } from "../api/live-updates.ts";
import { useOverview } from "../api/queries.ts";
import { ApiKeyPrompt } from "./ApiKeyPrompt.tsx";
import { useDocumentTitle } from "./page-title.ts";
import { Rail } from "./Rail.tsx";
import classes from "./shell.module.css";
import { TopBar } from "./TopBar.tsx";

export function Shell() {
  useLiveUpdates();
  const overview = useOverview();
  const openIncidents = overview.data?.openIncidents ?? 0;
  useDocumentTitle(openIncidents);
  return (
    <div className={classes.shell}>
      <a className="bw-skip" href="#page">
        Skip to the page
      </a>
      <Rail openIncidents={openIncidents} />
      <TopBar overview={overview.data ?? null} />
      <main id="page" className={classes.page} tabIndex={-1}>
        <Outlet />
      </main>
      <ApiKeyPrompt />
      <ScrollRestoration />
    </div>
  );
}

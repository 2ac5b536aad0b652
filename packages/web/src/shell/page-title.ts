/** The document's title and icon: which page it is, and, whichever it is, how many incidents are open. */
import { useEffect, useSyncExternalStore } from "react";

let pageTitle = "";
const listeners = new Set<() => void>();

/** Used by the page. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    pageTitle = title;
    for (const listener of listeners) listener();
  }, [title]);
}

/** Used by the frame. */
export function useDocumentTitle(openIncidents: number): void {
  const title = useSyncExternalStore(subscribe, () => pageTitle);
  useEffect(() => {
    document.title = documentTitle(title, openIncidents);
    const icon = document.getElementById("favicon");
    if (icon instanceof HTMLLinkElement) icon.href = openIncidents > 0 ? "/favicon-down.svg" : "/favicon.svg";
  }, [title, openIncidents]);
}

function documentTitle(title: string, openIncidents: number): string {
  const name = title === "" || title === "Batchwatch" ? "Batchwatch" : `${title} · Batchwatch`;
  return openIncidents > 0 ? `(${openIncidents}) ${name}` : name;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

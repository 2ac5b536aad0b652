// Finds the Chromium that browser tests drive. `node scripts/find-chromium.ts` prints its path.
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const PLACES = [
  "/usr/bin/chromium",
  "/usr/lib/chromium/chromium",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * What Chromium needs on a machine without a display or a way out: no sandbox for root, and none of the background
 * traffic that a closed network refuses many at a time.
 */
export const CHROMIUM_ARGS: readonly string[] = [
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Path of an executable Chromium: `CHROMIUM_PATH`, then the usual names on PATH, then the usual places; else, where
 * this is root on a Debian-like machine, it installs Debian's package.
 *
 * Throws an error that says what to install when there is none; a retry does not help.
 */
export function findChromium(): string {
  const asked = process.env.CHROMIUM_PATH;
  if (asked) {
    if (isExecutable(asked)) return asked;
    throw new Error(
      `CHROMIUM_PATH is ${asked}, and that is no executable file. Point it at a Chromium, or unset it.`,
    );
  }
  const found = search();
  if (found) return found;
  installDebianChromium();
  const installed = search();
  if (installed) return installed;
  throw new Error(
    "The browser tests need Chromium. On Debian or Ubuntu: `apt-get install chromium`. " +
      "Elsewhere install Chromium or Google Chrome and set CHROMIUM_PATH to its executable.",
  );
}

function search(): string | undefined {
  const onPath = NAMES.flatMap((name) =>
    (process.env.PATH ?? "")
      .split(delimiter)
      .filter(Boolean)
      .map((directory) => join(directory, name)),
  );
  return [...onPath, ...PLACES].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installDebianChromium(): void {
  if (process.getuid?.() !== 0 || !isExecutable("/usr/bin/apt-get")) return;
  console.error("No Chromium here: installing Debian's package `chromium` …");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    execFileSync("apt-get", ["update", "-qq"], { env, stdio: ["ignore", "ignore", "inherit"] });
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
  } catch (error) {
    console.error(`apt-get could not install chromium: ${error instanceof Error ? error.message : error}`);
  }
}

if (import.meta.main) console.log(findChromium());

/** Files that somebody names on the command line: what cannot be read is a mistake of usage. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "./cli-error.ts";

/** Files as named; of folders, those inside at any depth with the ending. Sorted inside a folder. */
export function filesAt(paths: readonly string[], ending: string): string[] {
  return paths.flatMap((path) => {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) throw new CliError(`${path} does not exist`, 2);
    if (!info.isDirectory()) return [path];
    const found = readdirSync(path, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => join(path, name));
    if (found.length === 0) throw new CliError(`${path} has no *${ending} file in it`, 2);
    return found;
  });
}

export function readNamedFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CliError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      2,
    );
  }
}

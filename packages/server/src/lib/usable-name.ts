/**
 * A name out of telemetry, which is never refused for a name, as every door takes one (`name-rule.ts` of the protocol): cut
 * to its longest, and "." and ".." as "_" and "__", for no path of an address can hold them.
 */
import { MAX_NAME_LENGTH } from "@batchwatch/protocol";

export function usableName(name: string): string {
  if (name === "." || name === "..") return name.replaceAll(".", "_");
  return name.length <= MAX_NAME_LENGTH ? name : name.slice(0, MAX_NAME_LENGTH);
}

import { InvalidArgumentError } from "commander";

const MAX = 100_000;

/** For `--limit`. */
export function parseLimit(value: string): number {
  if (!/^[1-9]\d*$/.test(value) || Number(value) > MAX)
    throw new InvalidArgumentError(`It is a whole number from 1 to ${MAX}.`);
  return Number(value);
}

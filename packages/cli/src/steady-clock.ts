/** Milliseconds of a clock that no adjustment moves. Not `performance`: its first use costs `exec` some milliseconds of loading. */
export function steadyMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

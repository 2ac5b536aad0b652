/**
 * One rule for the names of jobs, runs, namespaces and environments, at every door: up to 200 characters, none of them a
 * control character (U+0000 to U+001F, U+007F), and not "." or "..", which no path of an address can hold.
 */

/** Longest name of a job, run, namespace, environment. */
export const MAX_NAME_LENGTH = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused.
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

/** What is wrong with a name, without the field's name; null when nothing is. White space around it does not count. */
export function whyNoName(name: string): string | null {
  const text = name.trim();
  if (text.length > MAX_NAME_LENGTH) return `must be at most ${MAX_NAME_LENGTH} characters long`;
  const control = CONTROL_CHARACTER.exec(text);
  if (control !== null)
    return `must not hold control characters; it has ${codePointText(control[0])} at position ${control.index + 1}`;
  return text === "." || text === ".."
    ? `must not be "${text}": an address cannot hold it, so nobody could open its page`
    : null;
}

function codePointText(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

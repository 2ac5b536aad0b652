/**
 * The secrets of a receiver's options: filled in from the files that hold them, and taken out of whatever is written down
 * about a try. A file is read again for each message, so that a new secret needs no restart.
 */
import { readFile } from "node:fs/promises";

type Options = Readonly<Record<string, unknown>>;

export class SecretFileError extends Error {}

/** A shorter one would be found everywhere. */
const LEAST_SECRET_LENGTH = 4;
const HIDDEN = "(secret)";

/**
 * @returns the options with `xFile` replaced by `x`, for the secrets among them.
 * @throws SecretFileError where a file cannot be read or is empty; a retry may help.
 */
export async function withSecretsFromFiles(
  options: Options,
  secrets: readonly string[],
): Promise<Record<string, unknown>> {
  const filled: Record<string, unknown> = { ...options };
  for (const option of secrets) {
    const file = filled[`${option}File`];
    delete filled[`${option}File`];
    if (typeof file !== "string") continue;
    filled[option] = await readSecret(file, option);
  }
  return filled;
}

async function readSecret(file: string, option: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new SecretFileError(`${option}File: ${file} cannot be read (${why})`);
  }
  const value = text.trim();
  if (value === "") throw new SecretFileError(`${option}File: ${file} is empty`);
  return value;
}

/** Makes a function that hides the values of these secrets, in every form in which a service may repeat them. */
export function secretHider(options: Options, secrets: readonly string[]): (text: string) => string {
  const values = secrets.flatMap((option) => textsIn(options[option]));
  const { username, password } = options;
  if (typeof username === "string" && typeof password === "string") {
    values.push(Buffer.from(`${username}:${password}`).toString("base64"));
    values.push(Buffer.from(`\u0000${username}\u0000${password}`).toString("base64"));
    values.push(Buffer.from(password).toString("base64"));
  }
  const forms = [...new Set(values.flatMap(formsOf))]
    .filter((form) => form.length >= LEAST_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((hidden, form) => hidden.replaceAll(form, HIDDEN), text);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function formsOf(value: string): string[] {
  const forms = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)];
  const bearer = /^(?:Bearer|Basic|Token|GenieKey)\s+(\S+)$/i.exec(value)?.[1];
  if (bearer !== undefined) forms.push(bearer);
  if (/^https?:/i.test(value) && URL.canParse(value)) {
    const { href, pathname, search } = new URL(value);
    const parts = [...pathname.split("/"), ...new URLSearchParams(search).values()].filter(looksSecret);
    forms.push(href, ...parts);
    if (parts.length > 0) forms.push(`${pathname}${search}`);
  }
  return forms;
}

/** A part of an address that is no plain word. */
function looksSecret(part: string): boolean {
  return part.length >= 16 || (part.length >= 8 && /\d/.test(part));
}

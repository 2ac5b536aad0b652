/** Text that is too long is cut, never refused: the beginning and the end stay, because the reason stands in either. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @returns the text with NUL and lone surrogates replaced: PostgreSQL refuses the one, UTF-8 cannot hold the other. */
export function cleanText(text: string): string {
  const well = text.isWellFormed() ? text : text.toWellFormed();
  return well.includes("\0") ? well.replaceAll("\0", "\u{fffd}") : well;
}

/**
 * Cuts text to about `limitBytes` of UTF-8: a quarter of it from the beginning, the rest from the end, with a line
 * between them that says how much is missing.
 */
export function cutText(text: string, limitBytes: number): { text: string; cut: boolean } {
  if (text.length * 3 <= limitBytes) return { text, cut: false };
  return cutBytes(encoder.encode(text), limitBytes);
}

/** The same for bytes that are not decoded yet. Invalid UTF-8 is shown as U+FFFD. */
export function cutBytes(bytes: Uint8Array, limitBytes: number): { text: string; cut: boolean } {
  if (bytes.length <= limitBytes) return { text: decoder.decode(bytes), cut: false };
  const headEnd = boundary(bytes, Math.floor(limitBytes / 4));
  const tailStart = boundary(bytes, bytes.length - (limitBytes - headEnd));
  return {
    text: joinCut(bytes.subarray(0, headEnd), bytes.subarray(tailStart), tailStart - headEnd),
    cut: true,
  };
}

/** Joins what was kept of a longer text. `missingBytes` is what lay between the two. */
export function joinCut(head: Uint8Array, tail: Uint8Array, missingBytes: number): string {
  return `${decoder.decode(head)}\n… ${missingBytes} bytes left out …\n${decoder.decode(tail)}`;
}

/** The next start of a character at or after `index`. */
export function boundary(bytes: Uint8Array, index: number): number {
  let at = Math.max(0, index);
  while (at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80 && at - index < 4) at++;
  return at;
}

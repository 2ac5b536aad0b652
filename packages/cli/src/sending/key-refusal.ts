/** What a server's 401 or 403 means to the person at the terminal: one text for all verbs, with one remedy. */

export interface RefusedRequest {
  status: number;
  /** Of the server's problem details, where it sent them. */
  code: unknown;
  detail: string | null;
}

/** @returns the words behind "… answered 401: "; null where a key is not what is wrong, or the server knows more. */
export function keyRefusal({ status, code, detail }: RefusedRequest, hasKey: boolean): string | null {
  if (status !== 401 || (code !== "unauthorized" && detail !== null)) return null;
  return hasKey
    ? "it does not know this key, or the key was revoked. Look at BATCHWATCH_API_KEY and --api-key; on the server, batchwatch keys list shows the keys"
    : "it asks for a key. Set BATCHWATCH_API_KEY; a key is made on the server with: batchwatch keys create";
}

/** For a sentence that more text follows. */
export function withoutStop(text: string): string {
  return text.replace(/[.\s]+$/, "");
}

import { hash } from "node:crypto";

/** 132 of SHA-256's 256 bits: nobody meets a second content with the same id, and a row stays short. */
const CHARACTERS = 22;

/** An id that the same content has again: what arrives twice is known by it. */
export function contentId(content: string): string {
  return hash("sha256", content, "base64url").slice(0, CHARACTERS);
}

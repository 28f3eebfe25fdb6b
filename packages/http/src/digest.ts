import { sha256 } from "@llmcache/core";

const encoder = new TextEncoder();

/** SHA-256 of a text, as 64 hex digits: at once where the runtime can, since a thread of its own would take longer than the hash. */
export async function digest(text: string): Promise<string> {
  return sha256(encoder.encode(text));
}

/** SHA-256 of bytes, of which there may be many, as 64 hex digits. */
export async function digestOf(bytes: BufferSource): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** SHA-256 of a text, as 64 hex digits. */
export function digest(text: string): Promise<string> {
  return digestOf(new TextEncoder().encode(text));
}

/** SHA-256 of bytes, as 64 hex digits. */
export async function digestOf(bytes: BufferSource): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

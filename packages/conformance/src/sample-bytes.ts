import type { Backend } from "@llmcache/core";

/** The UTF-8 bytes of a text. */
export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `length` times the same byte: a mix of two such values shows at any place. */
export function filledBytes(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

/** Bytes without a pattern, so that no compression hides how many there are. The same for the same seed. */
export function noiseBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  // Xorshift (Marsaglia, 2003): any state but 0.
  let state = (seed ^ 0x9e3779b9) | 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/**
 * A value that begins like an entry of core: magic, version, created, fresh and stale until. Wrappers treat such bytes
 * in ways of their own, and a tier copies only those.
 */
export function framedBytes(
  frame: { readonly version: number; readonly staleUntil: number },
  rest: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(32 + rest.length);
  bytes.set([0x89, 0x4c, 0x4c, 0x4d, 0x43, 0x0d, 0x0a, frame.version]);
  const view = new DataView(bytes.buffer);
  view.setFloat64(8, frame.staleUntil - 3_600_000);
  view.setFloat64(16, frame.staleUntil);
  view.setFloat64(24, frame.staleUntil);
  bytes.set(rest, 32);
  return bytes;
}

/** A length that the backend takes: what is asked for, or its own limit when that is less. */
export function lengthUpTo(length: number, backend: Backend): number {
  return Math.min(length, backend.maxValueBytes ?? Infinity);
}

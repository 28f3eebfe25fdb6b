import type { Freshness } from "./cache-control.ts";

/**
 * The plaintext frame that begins every entry, so that a tier knows the remaining time without decoding what follows:
 *
 * | bytes | what |
 * |---|---|
 * | 0-6 | `89 4c 4c 4d 43 0d 0a`: not text, and broken by whatever rewrites line ends |
 * | 7 | version of the format |
 * | 8-15, 16-23, 24-31 | created, fresh until, stale until: float64, big-endian, epoch ms |
 *
 * After it, one byte names the codec of the rest; 0 is the plain entry (`entry.ts`).
 */
const magic = [0x89, 0x4c, 0x4c, 0x4d, 0x43, 0x0d, 0x0a] as const;

/** The version of the format that this copy writes, and the newest that it reads. */
export const entryVersion = 1;

/** The length of the frame. */
export const frameBytes = 32;

export interface Frame extends Freshness {
  readonly version: number;
}

/** Writes the frame at the beginning of `target`. */
export function writeFrame(target: Uint8Array, { createdAt, freshUntil, staleUntil }: Freshness): void {
  target.set(magic);
  target[7] = entryVersion;
  const view = new DataView(target.buffer, target.byteOffset, frameBytes);
  for (const [index, time] of [createdAt, freshUntil, staleUntil].entries()) view.setFloat64(8 + index * 8, time);
}

/** The frame of an entry, or `undefined` for bytes that have none. Of a version that is not ours only `version` means anything. */
export function readFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < frameBytes || magic.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, frameBytes);
  return {
    version: view.getUint8(7),
    createdAt: view.getFloat64(8),
    freshUntil: view.getFloat64(16),
    staleUntil: view.getFloat64(24),
  };
}

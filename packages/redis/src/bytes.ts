/** A copy of bytes that were only borrowed, as ioredis wants them: it may send a command again after its caller has gone away. */
export function copyForClient(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}

/**
 * What the client received, as bytes that the caller owns. A small value is a part of whatever else arrived with it, which must not
 * stay in memory for as long as the value does; a large one has its memory for itself.
 */
export function ownBytes(received: Buffer | null | undefined): Uint8Array | undefined {
  if (received === null || received === undefined) return undefined;
  const { buffer, byteOffset, byteLength } = received;
  return byteLength * 2 > buffer.byteLength ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(received);
}

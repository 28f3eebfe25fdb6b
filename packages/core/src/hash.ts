interface NativeCrypto {
  hash?(algorithm: "sha256", data: Uint8Array, encoding: "hex"): string;
}
interface NativeZlib {
  crc32?(data: Uint8Array, seed?: number): number;
}
interface RuntimeWithBuiltins {
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

/**
 * A module of the runtime, reached without an import, when it is first used: to load these takes several times as long as to load core.
 * `undefined` where there is none of that name.
 */
export function runtimeModule(name: string): () => unknown {
  let loaded: { readonly module: unknown } | undefined;
  return () => (loaded ??= { module: (globalThis as RuntimeWithBuiltins).process?.getBuiltinModule?.(name) }).module;
}

const nativeCrypto = runtimeModule("node:crypto") as () => NativeCrypto | undefined;
const nativeZlib = runtimeModule("node:zlib") as () => NativeZlib | undefined;

/**
 * SHA-256 as 64 lower-case hex digits: at once where the runtime hashes synchronously, by WebCrypto elsewhere.
 * The bytes may be reused as soon as the call returns.
 */
export function sha256(bytes: Uint8Array<ArrayBuffer>): string | Promise<string> {
  return nativeCrypto()?.hash?.("sha256", bytes, "hex") ?? sha256ByWebCrypto(bytes);
}

/** SHA-256 as hex by WebCrypto, which every runtime has. */
export async function sha256ByWebCrypto(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** CRC-32 as in gzip (RFC 1952, section 8), an unsigned 32-bit number. `seed` continues an earlier sum. */
export function crc32(bytes: Uint8Array, seed?: number): number {
  return nativeZlib()?.crc32?.(bytes, seed) ?? crc32ByTable(bytes, seed);
}

/** CRC-32 without the runtime's help. */
export function crc32ByTable(bytes: Uint8Array, seed = 0): number {
  let sum = ~seed;
  for (const byte of bytes) sum = (crcTable[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  return ~sum >>> 0;
}

const crcTable: Int32Array = Int32Array.from({ length: 256 }, (_, index) => {
  let sum = index;
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? 0xedb88320 ^ (sum >>> 1) : sum >>> 1;
  return sum;
});

/** Two lower-case hex digits for each byte. */
export function encodeHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += hexPairs[byte] ?? "";
  return hex;
}

const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

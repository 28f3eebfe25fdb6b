import type { Backend } from "./backend.ts";
import type { Decorated } from "./decorate.ts";
import { LlmCacheError } from "./errors.ts";
import { runtimeModule } from "./hash.ts";
import { checkOptions, positiveInteger } from "./options.ts";
import { transformed } from "./transformed.ts";

export interface CompressedOptions {
  /** Values shorter than this, in bytes, are stored as they are. @default 512: below it the format's own bytes eat the gain */
  readonly minBytes?: number | undefined;
  /** The most bytes that a stored value may become: a forged one must not exhaust memory. @default 128 MiB, and Workers take no more */
  readonly maxBytes?: number | undefined;
}

/** The first byte of what is stored. A plain entry begins with 0, so that one that was not compressed is stored as it was. */
const codec = { plain: 0, gzip: 1, zstd: 2, stored: 3 } as const;

/** A value that did not shrink to this share of its size is not worth the time it takes to expand. */
const worthwhile = 0.9;

/** Node's constant `ZSTD_c_compressionLevel`; level 1 takes a 2 KB answer to half in 27 µs. */
const zstdLevel = { params: { 100: 1 } };

interface Zlib {
  gzipSync(data: Uint8Array): Uint8Array;
  gunzipSync(data: Uint8Array, options: { maxOutputLength: number }): Uint8Array;
  zstdCompressSync?(data: Uint8Array, options: typeof zstdLevel): Uint8Array;
  zstdDecompressSync?(data: Uint8Array, options: { maxOutputLength: number }): Uint8Array;
}

const nativeZlib = runtimeModule("node:zlib") as () => Partial<Zlib> | undefined;

/**
 * Compresses what is stored, by zstd where the runtime has it and by gzip elsewhere, and only where it pays. A runtime without zstd
 * leaves what another wrote with it alone (`UNREADABLE_ENTRY`). It goes around `encrypted`, as in `compressed(encrypted(store))`: what is
 * encrypted no longer shrinks.
 */
export function compressed<B extends Backend>(inner: B, options: CompressedOptions = {}): Decorated<B> {
  checkOptions("compressed", options, ["minBytes", "maxBytes"]);
  const minBytes = positiveInteger("minBytes", options.minBytes ?? 512);
  const maxBytes = positiveInteger("maxBytes", options.maxBytes ?? 128 * 1024 * 1024);
  return transformed(inner, {
    overheadBytes: 1,
    async encode(_, frame, bytes) {
      const smaller = bytes.length < minBytes ? undefined : await compress(bytes);
      if (smaller !== undefined && smaller.length < bytes.length * worthwhile) return smaller;
      return frame.length > 0 && bytes[0] === codec.plain ? bytes : withCodec(codec.stored, bytes);
    },
    async decode(_, __, bytes) {
      const zlib = nativeZlib();
      const rest = bytes.subarray(1);
      switch (bytes[0]) {
        case codec.plain:
          return bytes;
        case codec.stored:
          return new Uint8Array(rest);
        case codec.gzip:
          return expand(() =>
            zlib?.gunzipSync ? zlib.gunzipSync(rest, { maxOutputLength: maxBytes }) : gunzip(rest, maxBytes),
          );
        case codec.zstd:
          if (zlib?.zstdDecompressSync === undefined)
            throw new LlmCacheError("UNREADABLE_ENTRY", "this runtime has no zstd");
          return expand(() => zlib.zstdDecompressSync?.(rest, { maxOutputLength: maxBytes }) ?? rest);
        default:
          throw new LlmCacheError(
            "UNREADABLE_ENTRY",
            `the entry has codec ${bytes[0] ?? "none"}, which is none of compression`,
          );
      }
    },
  });
}

async function compress(bytes: Uint8Array): Promise<Uint8Array> {
  const zlib = nativeZlib();
  if (zlib?.zstdCompressSync !== undefined) return withCodec(codec.zstd, zlib.zstdCompressSync(bytes, zstdLevel));
  if (zlib?.gzipSync !== undefined) return withCodec(codec.gzip, zlib.gzipSync(bytes));
  return withCodec(codec.gzip, await collect(through(bytes, new CompressionStream("gzip")), Infinity));
}

async function gunzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return collect(through(bytes, new DecompressionStream("gzip")), maxBytes);
}

async function expand(work: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return new Uint8Array(await work());
  } catch (cause) {
    throw new LlmCacheError("CORRUPT_ENTRY", "the compressed entry cannot be expanded", { cause });
  }
}

function withCodec(kind: number, bytes: Uint8Array): Uint8Array {
  const joined = new Uint8Array(bytes.length + 1);
  joined[0] = kind;
  joined.set(bytes, 1);
  return joined;
}

function through(bytes: Uint8Array, transform: CompressionStream | DecompressionStream): ReadableStream<Uint8Array> {
  return new Blob([new Uint8Array(bytes)]).stream().pipeThrough(transform);
}

async function collect(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
    length += next.value.length;
    if (length > maxBytes) throw new RangeError(`the value would have more than ${maxBytes} bytes`);
  }
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

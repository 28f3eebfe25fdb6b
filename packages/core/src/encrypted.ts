import type { Backend } from "./backend.ts";
import type { Decorated } from "./decorate.ts";
import { describeType } from "./describe-type.ts";
import { LlmCacheError } from "./errors.ts";
import { checkOptions } from "./options.ts";
import { transformed } from "./transformed.ts";

/** WebCrypto's `CryptoKey`, as far as it matters here: not every consumer's types know it. */
export interface EncryptionKey {
  readonly type: string;
  readonly algorithm: object;
  readonly usages: readonly string[];
}

export interface EncryptedOptions {
  /** The keys by their ids: 32 random bytes each, or a `CryptoKey` for AES-GCM. Ids are 1 to 32 characters of `A-Z a-z 0-9 . _ -`. */
  readonly keys: Readonly<Record<string, Uint8Array | EncryptionKey>>;
  /** The id of the key that encrypts. The others only decrypt, so a key is rotated by adding one and naming it here. */
  readonly current: string;
}

const codec = 16;

/** The codecs up to this one are those of plain and of compressed entries. */
const plaintextCodecs = 3;
const nonceBytes = 12;
const tagBytes = 16;
const keyId = /^[A-Za-z0-9._-]{1,32}$/;
const text = new TextEncoder();

/**
 * Encrypts what is stored, all but the times of an entry, by AES-256-GCM (WebCrypto). An entry is bound to its key and its times: moved to another
 * key or tenant, or given another life, it does not decrypt. What is not encrypted is never accepted as an answer: it is a corrupt
 * entry. One under a key whose id is not known is left alone (`UNREADABLE_ENTRY`); the generation of a tag is replaced, which only invalidates.
 *
 * @throws {TypeError} for keys or ids that are none; no error ever holds key material
 */
export function encrypted<B extends Backend>(inner: B, options: EncryptedOptions): Decorated<B> {
  checkOptions("encrypted", options, ["keys", "current"]);
  const keys = new Map(Object.entries(options.keys).map(([id, key]) => [checkedId(id), importKey(id, key)] as const));
  const { current } = options;
  const currentKey = keys.get(current);
  if (currentKey === undefined) throw new TypeError("current must be the id of one of the keys");
  const id = text.encode(current);
  const nextNonce = nonces();
  return transformed(inner, {
    overheadBytes: 2 + 32 + nonceBytes + tagBytes,
    async encode(key, frame, bytes) {
      const iv = nextNonce();
      const algorithm = { name: "AES-GCM", iv, additionalData: additionalData(key, frame) };
      const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, await currentKey, new Uint8Array(bytes)));
      return join(new Uint8Array([codec, id.length]), id, iv, sealed);
    },
    async decode(key, frame, bytes) {
      if (bytes[0] !== codec) throw notEncrypted(frame, bytes[0]);
      const ivAt = 2 + (bytes[1] ?? 0);
      const secret = keys.get(new TextDecoder().decode(bytes.subarray(2, ivAt)));
      if (secret === undefined)
        throw new LlmCacheError("UNREADABLE_ENTRY", "the entry is encrypted with a key that is not known here");
      const iv = new Uint8Array(bytes.subarray(ivAt, ivAt + nonceBytes));
      const algorithm = { name: "AES-GCM", iv, additionalData: additionalData(key, frame) };
      try {
        return new Uint8Array(
          await crypto.subtle.decrypt(algorithm, await secret, new Uint8Array(bytes.subarray(ivAt + nonceBytes))),
        );
      } catch {
        // WebCrypto says no more than that it failed, and more would help an attacker only.
        throw new LlmCacheError(
          "CORRUPT_ENTRY",
          "the entry does not decrypt: another secret, key or tenant, or changed bytes",
        );
      }
    },
  });
}

/** Plaintext is foreign here; an entry of a codec that is none of ours yet is a newer version's. */
function notEncrypted(frame: Uint8Array, found: number | undefined): LlmCacheError {
  const newer = frame.length > 0 && found !== undefined && found > plaintextCodecs;
  return newer
    ? new LlmCacheError("UNREADABLE_ENTRY", `the entry has codec ${found}, which is not known here`)
    : new LlmCacheError("CORRUPT_ENTRY", "the entry is not encrypted");
}

function checkedId(id: string): string {
  if (!keyId.test(id)) throw new TypeError("keys: an id must be 1 to 32 characters of A-Z a-z 0-9 . _ -");
  return id;
}

function importKey(id: string, key: Uint8Array | EncryptionKey): Promise<CryptoKey> | CryptoKey {
  if (key instanceof CryptoKey) return key;
  if (!(key instanceof Uint8Array))
    throw new TypeError(`keys.${id} must be 32 bytes or a CryptoKey, got ${describeType(key)}`);
  if (key.length !== 32) throw new TypeError(`keys.${id} must be 32 bytes, got ${key.length}`);
  return crypto.subtle.importKey("raw", new Uint8Array(key), "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** What is authenticated beside the value: where it lies, and the frame before it. The zero byte cannot be part of a key. */
function additionalData(key: string, frame: Uint8Array): Uint8Array<ArrayBuffer> {
  return join(text.encode(`llmcache-encrypted-1\0${key}\0`), frame);
}

/** Nonces that never repeat: 8 random bytes for this wrapper, then a counter; new random bytes before the counter comes round. */
function nonces(): () => Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(nonceBytes);
  const view = new DataView(nonce.buffer);
  let count = 0;
  return () => {
    if (count % 2 ** 32 === 0) crypto.getRandomValues(nonce.subarray(0, 8));
    view.setUint32(8, count++ % 2 ** 32);
    return new Uint8Array(nonce);
  };
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

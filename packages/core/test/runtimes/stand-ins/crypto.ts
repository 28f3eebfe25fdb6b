import { sha256 } from "@noble/hashes/sha2.js";
import { Buffer } from "./buffer.ts";

/** A SHA-256 that is neither of core's two: the same on every runtime. */
export function createHash(algorithm: "sha256") {
  if (algorithm !== "sha256") throw new TypeError("only sha256 is there");
  const hash = sha256.create();
  return {
    update(bytes: Uint8Array) {
      hash.update(bytes);
      return this;
    },
    digest: (encoding: "hex") => Buffer.from(hash.digest()).toString(encoding),
  };
}

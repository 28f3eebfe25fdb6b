import { createRequire } from "node:module";
import type { Call, DerivedKey, KeyPlace } from "@llmcache/core";

/** What the cache itself derives keys with. */
export interface KeyDeriver {
  derive(call: Call, place: KeyPlace): DerivedKey | Promise<DerivedKey>;
  deriveMany(call: Call, inputs: readonly unknown[], place: KeyPlace): Promise<DerivedKey[]>;
}

/** Core's own, which it does not export: there, only a cache derives the keys of a batch. */
export function makeKeyDeriver(): KeyDeriver {
  const require = createRequire(import.meta.url);
  const core = require("../../../packages/core/src/key.ts") as { readonly KeyDeriver: new () => KeyDeriver };
  return new core.KeyDeriver();
}

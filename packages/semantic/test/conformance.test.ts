import { backendConformance, semanticConformance } from "@llmcache/conformance";
import { compressed, prefixed } from "@llmcache/core";
import { memorySemantic } from "@llmcache/semantic";
import { describe, test } from "vitest";

for (const simd of [true, false]) {
  describe.concurrent(`memorySemantic, ${simd ? "with SIMD" : "in plain JavaScript"}: it`, { timeout: 30_000 }, () => {
    const options = { create: () => memorySemantic({ dimensions: 48, simd }), log: () => undefined };
    for (const { name, run } of backendConformance(options)) test(name, run);
    for (const { name, run } of semanticConformance(options)) test(name, run);
  });
}

describe.concurrent("memorySemantic, under a prefix and compressed: it", { timeout: 30_000 }, () => {
  const create = () => prefixed(compressed(memorySemantic({ dimensions: 48 })), "team-a/");
  for (const { name, run } of semanticConformance({ create, log: () => undefined })) test(name, run);
});

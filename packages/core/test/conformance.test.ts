import { backendConformance } from "@llmcache/conformance";
import { describe, test } from "vitest";
import {
  type Backend,
  compressed,
  decorate,
  encrypted,
  guarded,
  memory,
  mirrored,
  prefixed,
  tiered,
} from "../src/index.ts";

const limits = { maxBytes: 64e6, maxEntryBytes: 2e6 };

/** A backend with the verbs that every backend has, and nothing else. */
function minimal(): Backend {
  const { get, put, delete: remove } = memory(limits);
  return { name: "minimal", get, put, delete: remove };
}

/** A store that cannot be reached. */
function unreachable(): Backend {
  const refuse = async () => {
    throw new Error("connection refused");
  };
  return { name: "unreachable", get: refuse, put: refuse, delete: refuse };
}

const secret = { keys: { first: new Uint8Array(32).fill(1) }, current: "first" };

const backends: readonly (readonly [string, (inner: () => Backend) => Backend])[] = [
  ["memory", (inner) => inner()],
  ["decorate", (inner) => decorate(inner(), {})],
  ["guarded", (inner) => guarded(inner())],
  ["prefixed", (inner) => prefixed(inner(), "app/")],
  ["tiered of one", (inner) => tiered([inner()])],
  ["tiered of three", (inner) => tiered([inner(), inner(), inner()])],
  [
    "tiered, the first too small and capped",
    (inner) => tiered([{ backend: memory({ maxBytes: 10_000, maxEntryBytes: 1000 }), maxTtl: "1h" }, inner()]),
  ],
  ["compressed", (inner) => compressed(inner(), { minBytes: 16 })],
  ["encrypted", (inner) => encrypted(inner(), secret)],
  ["mirrored", (inner) => mirrored([inner(), inner()])],
  ["compressed, encrypted, prefixed", (inner) => compressed(encrypted(prefixed(inner(), "app/"), secret))],
  [
    "encrypted above tiers with a compressed store",
    (inner) => encrypted(tiered([memory(limits), compressed(inner())]), secret),
  ],
  ["guarded mirrors of which one is encrypted", (inner) => guarded(mirrored([encrypted(inner(), secret), inner()]))],
  ["a stack of wrappers", (inner) => guarded(prefixed(tiered([inner(), prefixed(inner(), "shared/")]), "app/"))],
];

describe.each(backends)("%s", (name, wrap) => {
  // Above a store that cannot be reached, a tier that can be goes on.
  const failing = /above tiers|the first too small/.test(name) ? undefined : () => wrap(unreachable);
  for (const [kind, inner] of [
    ["", () => memory(limits)],
    ["around a minimal backend: ", minimal],
  ] as const) {
    const checks = backendConformance({ create: () => wrap(inner), failing, log: () => undefined });
    for (const check of checks) test.concurrent(`${kind}${check.name}`, check.run);
  }
});

import {
  type Backend,
  compressed,
  encrypted,
  guarded,
  memory,
  mirrored,
  prefixed,
  readOnly,
  type SemanticBackend,
  type SemanticTier,
  tiered,
} from "../../src/index.ts";
import { wordTier } from "./word-tier.ts";

/** What a stack is built of. */
export interface Parts {
  /** The store at fault, which all caches share. */
  readonly faulty: SemanticBackend;
  /** A store at fault of this cache alone, where the stack has one that is local. */
  readonly ownFaulty: () => Backend;
  /** Honest stores that all caches share. */
  readonly shared: readonly [Backend, Backend];
  readonly clock: () => number;
  /** How long an operation of the store at fault may take, in seconds; `undefined`: as long as by default. */
  readonly timeout: number | undefined;
}

const keys = { a: new Uint8Array(32).fill(1) };
const sealed = (inner: Backend) => encrypted(inner, { keys, current: "a" });
const squeezed = (inner: Backend) => compressed(inner, { minBytes: 64 });
const near = ({ clock }: Parts) => memory({ name: "near", clock, maxEntries: 3 });

function held(inner: Backend, { clock, timeout }: Parts): Backend {
  return guarded(inner, { clock, ...(timeout !== undefined && { timeout, writeTimeout: timeout }) });
}

const bounded = (parts: Parts) => held(parts.faulty, parts);
const ownBounded = (parts: Parts) => held(parts.ownFaulty(), parts);

function tiers(members: readonly Backend[], { clock, timeout }: Parts): Backend {
  return tiered(
    members.map((backend) => ({ backend, ...(timeout !== undefined && { timeout }) })),
    { clock },
  );
}

/** Every wrapper and tier over a store at fault. */
export const stacks: Readonly<Record<string, (parts: Parts) => Backend>> = {
  "a plain store": ({ faulty }) => faulty,
  guarded: bounded,
  prefixed: (parts) => prefixed(bounded(parts), "application/"),
  compressed: (parts) => squeezed(bounded(parts)),
  encrypted: (parts) => sealed(bounded(parts)),
  "read-only": (parts) => readOnly(bounded(parts)),
  "the upper of two tiers": (parts) => tiers([ownBounded(parts), parts.shared[0]], parts),
  "the lower of two tiers": (parts) => tiers([near(parts), bounded(parts)], parts),
  "the first of three tiers": (parts) => tiers([ownBounded(parts), parts.shared[0], parts.shared[1]], parts),
  "the second of three tiers": (parts) => tiers([near(parts), bounded(parts), parts.shared[0]], parts),
  "the last of three tiers": (parts) => tiers([near(parts), parts.shared[0], bounded(parts)], parts),
  "the first of two mirrors": (parts) => mirrored([bounded(parts), held(parts.shared[0], parts)]),
  "the second of two mirrors": (parts) => mirrored([held(parts.shared[0], parts), bounded(parts)]),
  "compressed, encrypted and prefixed": (parts) => squeezed(sealed(prefixed(bounded(parts), "a/"))),
  "compressed and encrypted below memory": (parts) => tiers([near(parts), squeezed(sealed(bounded(parts)))], parts),
  "mirrored, prefixed and below memory": (parts) =>
    tiers([near(parts), prefixed(mirrored([bounded(parts), parts.shared[0]]), "b/")], parts),
  "found by meaning": bounded,
  "found by meaning beside an honest store": (parts) => parts.shared[0],
};

/** What finds by meaning in the stacks that do: in the store at fault, which is the cache's own or the tier's. */
export const semanticTiers: Readonly<Record<string, (parts: Parts) => SemanticTier>> = {
  "found by meaning": () => wordTier(),
  "found by meaning beside an honest store": (parts) => wordTier({ backend: bounded(parts) as SemanticBackend }),
};

export type StackName = keyof typeof stacks;

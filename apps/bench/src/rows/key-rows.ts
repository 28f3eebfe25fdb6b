import { type DerivedKey, deriveKey } from "@llmcache/core";
import { hash } from "node:crypto";
import stableStringify from "safe-stable-stringify";
import { makeKeyDeriver } from "../core-keys.ts";
import { chatParams, embeddingParams, imageParams, japanese } from "../data.ts";
import { referenceKey } from "../reference-key.ts";
import type { Competitor, Effort, Goal, Role, Row } from "../row.ts";
import { sampleMs, timed, timedAsync } from "../timed.ts";

const baseline = "JSON.stringify + hash";
const place = { namespace: "bench" };

interface KeyRow {
  readonly name: string;
  readonly title: string;
  readonly operation?: string;
  readonly goal?: number;
  /** How many calls take turns: enough that none stays in a processor's cache for being the only one. */
  readonly calls: number;
  readonly paramsAt: (index: number) => unknown;
}

/** What it takes to make the key of a call. */
export const keyRows: readonly Row[] = [
  keyRow({ name: "key-0.5k", title: "key of a chat call, 0.5 KB", goal: 1.1, calls: 32, paramsAt: chatOf(512) }),
  keyRow({ name: "key-5k", title: "key of a chat call, 5 KB", goal: 0.85, calls: 16, paramsAt: chatOf(5_000) }),
  keyRow({ name: "key-50k", title: "key of a chat call, 50 KB", goal: 0.6, calls: 8, paramsAt: chatOf(50_000) }),
  keyRow({
    name: "key-japanese",
    title: "key of a chat call, 5 KB in Japanese",
    calls: 16,
    paramsAt: (index) => chatParams(1_700, index, japanese),
  }),
  keyRow({
    name: "key-image",
    title: "key of a chat call with an image of 1 MB",
    goal: 0.32,
    calls: 2,
    paramsAt: (index) => imageParams(1_000_000, index),
  }),
  keyRow({
    name: "key-embeddings",
    title: "one key for 100 embedding inputs",
    operation: "embedding",
    goal: 0.62,
    calls: 4,
    paramsAt: (index) => embeddingParams(100, index),
  }),
];

/** A key for each input of an embedding call, as a batch needs them. */
export const keyPerInputRow: Row = {
  name: "key-per-input",
  title: "a key for each of 100 embedding inputs",
  unit: "µs",
  baseline,
  goals: [{ against: baseline, atMost: 0.65 }],
  rounds: roundsOf,
  async open(effort) {
    const batches = Array.from({ length: 4 }, (_, index) => embeddingParams(100, index));
    const batchAt = (turn: number) => {
      const { input, ...shared } = batches[turn % batches.length] ?? embeddingParams(1, 0);
      return { input, shared };
    };
    const deriver = makeKeyDeriver();
    const aimMs = sampleMs(effort);
    const ofEach = (keyOf: (params: unknown) => string) => (turn: number) => {
      const { input, shared } = batchAt(turn);
      return input.map((one) => keyOf({ ...shared, input: one }));
    };
    const ours = async (turn: number) => {
      const { input, shared } = batchAt(turn);
      const keys = await deriver.deriveMany({ operation: "embedding", params: shared }, input, place);
      return keys.map(({ digest }) => digest);
    };
    const one = (name: string, role: Role, keysOf: (turn: number) => string[]): Competitor => ({
      name,
      role,
      sample: timed(keysOf, aimMs),
      answer: async () => describeKeys(keysOf(0)),
    });
    const texts = batches.map(({ input }) => input.map((text) => Buffer.from(text)));
    return {
      competitors: [
        {
          name: "llmcache",
          role: "ours",
          sample: timedAsync(ours, aimMs),
          answer: async () => describeKeys(await ours(0)),
        },
        one(baseline, "peer", ofEach(referenceKey)),
        one("safe-stable-stringify + hash", "peer", ofEach(stableKey)),
        one("SHA-256 alone", "limit", (turn) =>
          (texts[turn % texts.length] ?? []).map((bytes) => hash("sha256", bytes, "hex")),
        ),
      ],
    };
  },
};

function keyRow({ name, title, operation = "chat", goal, calls, paramsAt }: KeyRow): Row {
  const goals: Goal[] = goal === undefined ? [] : [{ against: baseline, atMost: goal }];
  return {
    name,
    title,
    unit: "µs",
    baseline,
    goals,
    rounds: roundsOf,
    async open(effort) {
      const all = Array.from({ length: calls }, (_, index) => paramsAt(index));
      const texts = all.map((params) => Buffer.from(JSON.stringify(params)));
      const deriver = makeKeyDeriver();
      const at = <Item>(items: readonly Item[], turn: number) => items[turn % items.length] as Item;
      const turns = Array.from(all, (_, turn) => turn);
      const aimMs = sampleMs(effort);
      const sync = (label: string, role: Role, keyOf: (turn: number) => string): Competitor => ({
        name: label,
        role,
        sample: timed(keyOf, aimMs),
        answer: async () => describeKeys(turns.map(keyOf)),
      });
      const ours = (label: string, derive: (turn: number) => DerivedKey | Promise<DerivedKey>): Competitor => ({
        name: label,
        role: "ours",
        // A cache waits for a key only where it must.
        sample:
          derive(0) instanceof Promise
            ? timedAsync((turn) => Promise.resolve(derive(turn)), aimMs)
            : timed(derive, aimMs),
        answer: async () => describeKeys((await Promise.all(turns.map(derive))).map(({ digest }) => digest)),
      });
      return {
        competitors: [
          ours("llmcache, in a cache", (turn) => deriver.derive({ operation, params: at(all, turn) }, place)),
          ours("llmcache, deriveKey", (turn) => deriveKey({ operation, params: at(all, turn) }, place)),
          sync(baseline, "peer", (turn) => referenceKey(at(all, turn))),
          sync("safe-stable-stringify + hash", "peer", (turn) => stableKey(at(all, turn))),
          sync("SHA-256 alone", "limit", (turn) => hash("sha256", at(texts, turn), "hex")),
        ],
      };
    },
  };
}

function roundsOf({ quick }: Effort): number {
  return quick ? 9 : 51;
}

function chatOf(bytes: number): (index: number) => unknown {
  return (index) => chatParams(bytes, index);
}

function stableKey(params: unknown): string {
  return hash("sha256", stableStringify(params) ?? "", "hex");
}

/** Which hash is another matter for each; that there is one for each call, and of what length, is not. */
function describeKeys(keys: readonly string[]): object {
  return { distinct: new Set(keys).size, form: keys.every((key) => /^[0-9a-f]{64}$/.test(key)) };
}

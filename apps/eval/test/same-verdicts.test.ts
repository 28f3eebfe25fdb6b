import type { NearestEntry, SemanticBackend } from "@llmcache/core";
import { analyse, decide } from "@llmcache/semantic";
import { serverOrSkip } from "@llmcache/test-servers";
import { expect, onTestFinished, test } from "vitest";
import { openReference, semanticStores } from "./support/semantic-stores.ts";

const dimensions = 64;
const scopes = ["a", "b", "c"].map((digit) => digit.repeat(64));

/** A prompt, its scope, and its vector: prompts about the same thing are near each other. */
interface Question {
  readonly key: string;
  readonly scope: string;
  readonly prompt: string;
  readonly vector: Float32Array;
}

const stored = questions(900, 1);
const asked = questions(90, 2);

for (const { name, start, open } of semanticStores) {
  test(`${name} leads to the same verdicts as comparing every vector`, { timeout: 180_000 }, async (context) => {
    const server = await serverOrSkip(context, start);
    const exact = await open(server, { dimensions, search: "exact" });
    const approximate = await open(server, { dimensions, search: "approximate", quantization: "scalar" });
    const reference = openReference({ dimensions });
    for (const store of [exact, approximate]) onTestFinished(() => store[Symbol.asyncDispose]?.());
    for (const store of [exact, approximate, reference]) await fill(store);
    let [served, found] = [0, 0];
    for (const question of asked) {
      const expected = await reference.nearest(question.scope, question.vector, { limit: 10 });
      const near = await exact.nearest(question.scope, question.vector, { limit: 10 });
      expect(near.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
      expect(verdictOn(question, near)).toEqual(verdictOn(question, expected));
      served += verdictOn(question, expected) === undefined ? 0 : 1;
      const nearest = new Set(expected.map(({ key }) => key));
      const roughly = await approximate.nearest(question.scope, question.vector, { limit: 10 });
      found += roughly.filter(({ key }) => nearest.has(key)).length;
    }
    // Both verdicts are among them, or nothing would be compared.
    expect(served).toBeGreaterThan(5);
    expect(served).toBeLessThan(asked.length - 5);
    expect(found / (asked.length * 10)).toBeGreaterThanOrEqual(0.98);
  });
}

async function fill(store: SemanticBackend): Promise<void> {
  for (const { key, scope, prompt, vector } of stored) {
    await store.put(key, new TextEncoder().encode(prompt), { embedding: { scope, vector } });
  }
}

/** The key of the entry that would be served. */
function verdictOn({ prompt }: Question, near: readonly NearestEntry[]): string | undefined {
  const candidates = near.map(({ key, score, value }) => {
    const answered = new TextDecoder().decode(value);
    // As if the same question in the same words had always got the same answer.
    const group = { id: answered.replace("can", "do"), size: 5, agreed: 0, disagreed: 0 };
    return { key, similarity: score, features: analyse(answered), group };
  });
  return decide(analyse(prompt), candidates).served?.key;
}

/** Questions of which those that mean the same are nearest each other, and so are traps: those that differ in a number alone. */
function questions(count: number, seed: number): Question[] {
  const random = randomFrom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return Array.from({ length: count }, (_, index) => {
    const topic = pick(["password", "address", "card", "invoice", "loan", "refund", "statement", "limit"]);
    const [action, days] = [pick(["change", "cancel"]), pick([3, 5, 7, 9])];
    const meaning = directionOf(`${action} ${topic} ${days < 6 ? "soon" : "later"}`);
    return {
      key: `${seed}/${index}`,
      scope: pick(scopes),
      prompt: `How ${pick(["do", "can"])} I ${action} my ${topic} within ${days} days?`,
      vector: meaning.map((value) => value + 0.3 * (random() - 0.5)),
    };
  });
}

function directionOf(text: string): Float32Array {
  const random = randomFrom([...text].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 1_000_003, 7));
  return Float32Array.from({ length: dimensions }, () => random() - 0.5);
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

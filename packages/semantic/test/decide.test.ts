import {
  analyse,
  type Candidate,
  decide,
  decodeRecord,
  encodeRecord,
  type Group,
  join,
  newRecord,
  observe,
} from "@llmcache/semantic";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const group = (id: string, changes: Partial<Group> = {}): Group => ({
  id,
  size: 1,
  agreed: 0,
  disagreed: 0,
  ...changes,
});

const candidate = (prompt: string, similarity: number, of?: Group): Candidate => ({
  key: prompt,
  similarity,
  features: analyse(prompt),
  group: of,
});

const asked = analyse("how do I reset my password");
const same = "how can I reset my password";
const alike = "what is the way to reset the password I have";
const negated = "how do I not reset my password";

describe("a decision", () => {
  test("serves what is near enough, alone, and vetoed by no guard", () => {
    const { served, why } = decide(asked, [candidate(same, 0.97)]);
    expect(served?.key).toBe(same);
    expect(why).toMatchObject({
      outcome: "served",
      group: same,
      margin: undefined,
      minSimilarity: 0.85,
      minCertainty: 0.8,
    });
    expect(why.certainty).toBeGreaterThan(0.99);
  });

  test("serves nothing where nothing is near, and says which it was", () => {
    expect(decide(asked, []).why).toMatchObject({ outcome: "nothing-near", certainty: undefined, candidates: [] });
    expect(decide(asked, [candidate(same, 0.84)]).why.outcome).toBe("not-similar");
    expect(decide(asked, [candidate(same, Number.NaN)]).served).toBeUndefined();
    expect(decide(asked, [candidate(negated, 0.99)])).toMatchObject({ served: undefined, why: { outcome: "vetoed" } });
  });

  test("serves nothing where another group is as near", () => {
    const candidates = [candidate(same, 0.95), candidate(alike, 0.94)];
    expect(decide(asked, candidates)).toMatchObject({ served: undefined, why: { outcome: "not-certain" } });
    const { why } = decide(asked, [candidate(same, 0.95, group("a")), candidate(alike, 0.94, group("a"))]);
    expect(why.outcome).toBe("served");
    expect(decide(asked, [candidate(same, 0.95), candidate(alike, 0.7)]).why).toMatchObject({ outcome: "served" });
    expect(decide(asked, [candidate(same, 0.95), candidate(alike, 0.7)]).why.margin).toBeCloseTo(0.25);
  });

  test("does not serve the second nearest where the nearest is vetoed and alone in its group", () => {
    const candidates = [candidate(negated, 0.97), candidate(same, 0.9)];
    expect(decide(asked, candidates)).toMatchObject({ served: undefined, why: { outcome: "vetoed", group: negated } });
    const grouped = [candidate(negated, 0.97, group("a")), candidate(same, 0.9, group("a"))];
    expect(decide(asked, grouped).served?.key).toBe(same);
  });

  test("lets the record of a group count for it, and against it", () => {
    const at = (mine: Partial<Group>) =>
      decide(asked, [candidate(same, 0.95, group("a", mine)), candidate(alike, 0.88, group("b"))]).why.certainty ?? 0;
    expect(at({ agreed: 5 })).toBeGreaterThan(at({}));
    expect(at({ disagreed: 5 })).toBeLessThan(at({}));
  });

  test("says which guard vetoed, and shows what it saw only where it is asked to explain", () => {
    const candidates = [candidate("how do I reset my Xyzzy password", 0.97)];
    const plain = decide(asked, candidates).why.candidates[0]?.veto;
    expect(plain).toEqual({ code: "names", reason: "A name stands in one of them alone." });
    expect(decide(asked, candidates, { explain: true }).why.candidates[0]?.veto?.detail).toContain("xyzzy");
  });

  test("follows its settings", () => {
    const candidates = [candidate(negated, 0.97)];
    expect(decide(asked, candidates, { guards: false }).served?.key).toBe(negated);
    expect(decide(asked, [candidate(same, 0.8)], { minSimilarity: 0.7 }).served?.key).toBe(same);
    expect(decide(asked, [candidate(same, 0.97)], { minCertainty: 1 }).served).toBeUndefined();
  });

  test("does not depend on the order of the candidates, and never serves one that a guard vetoed", () => {
    const prompts = [same, alike, negated, "how do I reset my 2 passwords"];
    const one = fc.record({
      prompt: fc.constantFrom(...prompts),
      similarity: fc.double({ min: -1, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(one, { selector: ({ prompt }) => prompt }), (drawn) => {
        const candidates = drawn.map(({ prompt, similarity }) => candidate(prompt, similarity));
        const { served, why } = decide(asked, candidates);
        expect(decide(asked, candidates.toReversed()).served?.key).toBe(served?.key);
        if (served === undefined) return;
        expect(served.similarity).toBeGreaterThanOrEqual(why.minSimilarity);
        expect([same, alike]).toContain(served.key);
      }),
    );
  });
});

describe("a record", () => {
  test("counts observations, keeps the latest 64, and is the same after encoding", () => {
    let record = newRecord("key");
    for (let at = 0; at < 100; at++) record = observe(record, { score: at / 100, agreed: at % 10 !== 0, at });
    expect(record.group).toEqual({ id: "key", size: 1, agreed: 90, disagreed: 10 });
    expect(record.observations).toHaveLength(64);
    expect(record.observations.at(-1)).toEqual({ score: 0.99, agreed: true, at: 99 });
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  test("joins the group of another, once", () => {
    const joined = join(newRecord("new"), newRecord("old"));
    expect(joined.group).toEqual({ id: "old", size: 2, agreed: 0, disagreed: 0 });
    expect(join(joined, newRecord("old"))).toBe(joined);
  });

  test.each(["", "{}", '[2,"key",1,0,0,[]]', '[1,"key",-1,0,0,[]]', '[1,"key",1,0,0,[[1]]]', "[1,2,1,0,0,[]]", "null"])(
    "is nothing where the bytes are not one: %s",
    (text) => {
      expect(decodeRecord(new TextEncoder().encode(text))).toBeUndefined();
    },
  );
});

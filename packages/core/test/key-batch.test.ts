import fc from "fast-check";
import { expect, test } from "vitest";
import { type Call, KeyDeriver, type KeyRules } from "../src/key.ts";
import { anyJson, anyString, anyValue, objectOf } from "./support/arbitrary-values.ts";

/** Whose content can only be read later, beside inputs whose keys are there at once. */
const withBlob = fc
  .tuple(fc.string(), fc.boolean())
  .map(([text, isInside]) => (isInside ? { text, image: new Blob([text]) } : new Blob([text], { type: "image/png" })));

const memberName = fc.oneof(anyString, fc.constantFrom("model", "input", "stream", "user"));

test("a batch has the keys of its single calls", async () => {
  const keyOfInput = ({ params }: Call): string | undefined => {
    const { input } = params as Record<string, unknown>;
    return typeof input === "string" ? `own ${input}` : undefined;
  };
  const rules = fc.constantFrom<KeyRules>(
    {},
    { ignore: ["user"], modelGroups: [["g", "m"]] },
    { keyOf: keyOfInput },
    { keyOf: () => "k" },
  );
  const place = fc.record({ namespace: anyString, scope: anyString }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(
      objectOf(memberName, anyJson),
      fc.array(fc.oneof(anyValue, withBlob, fc.constant(undefined))),
      rules,
      place,
      async (params, inputs, given, where) => {
        const deriver = new KeyDeriver(given);
        const call = {
          operation: "embedding",
          params: { ...params, model: "m", user: "bob" },
          context: { endpoint: "e" },
        };
        const single = inputs.map(async (input) =>
          deriver.derive({ ...call, params: { ...call.params, input } }, where),
        );
        expect(await deriver.deriveMany(call, inputs, where)).toEqual(await Promise.all(single));
      },
    ),
  );
});

test("one own key for a whole batch keeps its inputs apart, and from the single call", async () => {
  const call = { operation: "embedding", params: { model: "e" } };
  const deriver = new KeyDeriver();
  const batch = await deriver.deriveMany(call, ["a", "b"], { key: "k" });
  const single = await deriver.derive(call, { key: "k" });
  expect(new Set([...batch, single].map(({ key }) => key)).size).toBe(3);
});

test("a batch has one key for each place, holes included, and needs params that can hold an input", async () => {
  const deriver = new KeyDeriver();
  const keys = await deriver.deriveMany({ operation: "embedding", params: undefined }, Array<unknown>(2), {});
  expect(keys).toEqual(Array(2).fill(await deriver.derive({ operation: "embedding", params: {} }, {})));
  await expect(deriver.deriveMany({ operation: "embedding", params: new Map() }, ["a"], {})).rejects.toThrow(
    "params of a batch",
  );
});

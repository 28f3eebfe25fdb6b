import fc from "fast-check";
import { expect, test } from "vitest";
import { explainKey } from "../src/explain-key.ts";
import { type Call, deriveKey, type KeyRules } from "../src/key.ts";
import { anyJson, anyString, anyValue, objectOf, reordered } from "./support/arbitrary-values.ts";
import { changedSomewhere } from "./support/changed.ts";

const withParams = (params: unknown, context?: unknown): Call => ({ operation: "chat", params, context });

test("it names every parameter that differs, and only those", async () => {
  const left = withParams(
    {
      model: "a",
      messages: [
        { role: "user", content: "hi" },
        { role: "user", content: "there" },
      ],
      seed: 1,
    },
    { endpoint: "x" },
  );
  const right = withParams(
    { model: "b", messages: [{ role: "user", content: "ho" }], seed: 1, stop: null },
    { endpoint: "x" },
  );
  expect(await explainKey(left, right)).toEqual([
    { path: "params.messages[0].content", left: "hi", right: "ho" },
    { path: "params.messages[1]", left: { role: "user", content: "there" }, right: undefined },
    { path: "params.model", left: "a", right: "b" },
    { path: "params.stop", left: undefined, right: null },
  ]);
});

test("it compares operation, params and context, and nothing else of a call", async () => {
  const left = { ...withParams("text", 1), note: "ours" };
  expect(await explainKey(left, { ...left, note: "theirs" } as Call)).toEqual([]);
  expect(await explainKey(left, { operation: "messages", params: "Text", context: 2 })).toEqual([
    { path: "context", left: 1, right: 2 },
    { path: "operation", left: "chat", right: "messages" },
    { path: "params", left: "text", right: "Text" },
  ]);
});

test("it says nothing of what does not count", async () => {
  const rules = { ignore: ["metadata"], modelGroups: [["g", "a", "b"]] };
  const left = withParams(
    { model: "a", stream: true, metadata: 1, user: undefined, list: [undefined, -0] },
    { endpoint: "x" },
  );
  const right = withParams({ list: [null, 0], model: "b", metadata: 2 });
  expect(await explainKey(left, right, rules)).toEqual([]);
});

test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
  "a member called %s is a member like any other",
  async (name) => {
    const nested = { inner: Object.fromEntries([[name, {}]]) };
    expect(await explainKey(withParams(nested), withParams({ inner: {} }))).toEqual([
      { path: `params.inner.${name}`, left: {}, right: undefined },
    ]);
    expect(await explainKey(withParams({ inner: {} }), withParams(nested))).toHaveLength(1);
  },
);

test("it compares files by content and type", async () => {
  const file = (content: string, name: string, type = "audio/wav"): Call =>
    withParams({ file: new File([content], name, { type }) });
  expect(await explainKey(file("a", "1.wav"), file("a", "2.wav"))).toEqual([]);
  expect(await explainKey(file("a", "1.wav"), file("b", "1.wav"))).toHaveLength(1);
  expect(await explainKey(file("a", "1.wav"), file("a", "1.wav", "audio/mp3"))).toHaveLength(1);
});

test("where the caller makes the keys, it compares those", async () => {
  const keyOf = ({ params }: Call): string | undefined => (params as { id?: string }).id;
  expect(await explainKey(withParams({ id: "a", seed: 1 }), withParams({ id: "a", seed: 2 }), { keyOf })).toEqual([]);
  expect(await explainKey(withParams({ id: "a" }), withParams({ id: "b" }), { keyOf })).toEqual([
    { path: "key", left: "a", right: "b" },
  ]);
  expect(await explainKey(withParams({ id: "a" }), withParams({ seed: 1 }), { keyOf })).toEqual([
    { path: "key", left: "a", right: undefined },
    { path: "params", left: undefined, right: { seed: 1 } },
  ]);
});

test("a call that has no key is a TypeError that names the path", async () => {
  const broken = withParams({ a: [() => 1] });
  await expect(explainKey(broken, withParams({}))).rejects.toThrow("call.params.a[0] is a function");
  await expect(explainKey(withParams({}), broken)).rejects.toThrow(TypeError);
  await expect(
    explainKey(
      withParams({
        files: {
          get first() {
            return new Blob(["x"]);
          },
        },
      }),
      withParams({}),
    ),
  ).rejects.toThrow("another one at each reading");
});

test("nothing differs exactly when the keys are equal", async () => {
  const name = fc.oneof(anyString, fc.constantFrom("model", "input", "stream", "metadata"));
  const rules = fc.constantFrom<KeyRules>(
    {},
    { ignore: ["metadata"] },
    { modelGroups: [["", "0", "1"]] },
    { keyOf: ({ params }) => (params as { input?: string })?.input?.toString() },
  );
  const pair = fc
    .tuple(objectOf(name, anyValue), anyValue, fc.nat(), anyJson)
    .chain(([params, context, where, replacement]) => {
      const left = withParams(params, context);
      return fc.tuple(
        fc.constant(left),
        fc.constantFrom(
          withParams(reordered(params), reordered(context)),
          withParams({ ...params, stream: true, metadata: "m" }, context),
          withParams(changedSomewhere(params, where, replacement), context),
          withParams(params, replacement),
        ),
      );
    });
  await fc.assert(
    fc.asyncProperty(pair, rules, async ([left, right], given) => {
      const [one, other] = await Promise.all([deriveKey(left, given), deriveKey(right, given)]);
      expect((await explainKey(left, right, given)).length === 0).toBe(one.key === other.key);
    }),
    { numRuns: 1000 },
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Call,
  deriveKey,
  KeyDeriver,
  type KeyPlace,
  keyPrefix,
  type KeyRules,
  namespacePrefix,
} from "../src/key.ts";
import { anyJson, anyString, anyValue, objectOf, reordered } from "./support/arbitrary-values.ts";
import { changedSomewhere } from "./support/changed.ts";
import { keyFromSpec } from "./support/key-from-spec.ts";
import { fromNotation, keyVectors, knownBlobs } from "./support/key-vectors.ts";

const keyOf = async (call: Call, options?: KeyPlace & KeyRules): Promise<string> =>
  (await deriveKey(call, options)).key;
const chat: Call = { operation: "chat", params: { model: "m", messages: [{ role: "user", content: "hi" }] } };
const withParams = (params: unknown, context?: unknown): Call => ({ operation: "chat", params, context });

const memberName = fc.oneof(
  anyString,
  fc.constantFrom("model", "input", "stream", "endpoint", "key", "schema", "metadata"),
);
const anyCall: fc.Arbitrary<Call> = fc.record({
  operation: fc.constantFrom("chat", "embedding", ""),
  params: fc.oneof({ weight: 4, arbitrary: objectOf(memberName, anyValue) }, anyValue),
  context: fc.oneof({ weight: 2, arbitrary: objectOf(memberName, anyValue) }, anyValue, fc.constant(undefined)),
});
const anyPlace: fc.Arbitrary<KeyPlace> = fc.record(
  { namespace: anyString, scope: anyString, key: anyString },
  { requiredKeys: [] },
);

test.each(keyVectors.keys)("the golden call $call has its golden key with $options", async ({ call, options, key }) => {
  const meant = fromNotation(call) as Call;
  expect(await keyOf(meant, options)).toBe(key);
  expect(keyFromSpec(meant, options, knownBlobs)).toBe(key);
});

test("the specification and the code agree on every call", async () => {
  const rules: KeyRules = { ignore: ["metadata"], modelGroups: [["group", "", "1"], ["null"]] };
  await fc.assert(
    fc.asyncProperty(anyCall, anyPlace, fc.constantFrom(rules, {}), async (call, place, given) => {
      expect(await keyOf(call, { ...place, ...given })).toBe(keyFromSpec(call, { ...place, ...given }));
    }),
    { numRuns: 1000 },
  );
});

test("equal calls have one key, in whatever order their members are", async () => {
  await fc.assert(
    fc.asyncProperty(anyCall, async ({ operation, params, context }) => {
      const other = { context: reordered(context), params: reordered(params), operation };
      expect(await keyOf(other)).toBe(await keyOf({ operation, params, context }));
    }),
  );
});

test("any single change anywhere gives another key", async () => {
  await fc.assert(
    fc.asyncProperty(objectOf(anyString, anyJson), fc.nat(), anyJson, async (params, where, replacement) => {
      const changed = changedSomewhere(params, where, replacement);
      expect(await keyOf(withParams(changed))).not.toBe(await keyOf(withParams(params)));
      expect(await keyOf(withParams({}, changed))).not.toBe(await keyOf(withParams({}, params)));
    }),
    { numRuns: 1000 },
  );
});

test("what stands in one member is never taken for another", async () => {
  const calls: Call[] = [
    withParams({ user: "bobseed: 7" }),
    withParams({ user: "bob", seed: 7 }),
    withParams({ user: "bob", context: 7 }),
    withParams({ user: "bob" }, 7),
    withParams({}),
    withParams(undefined),
    withParams(null),
    withParams([]),
    withParams(""),
    withParams({}, {}),
    withParams({}, null),
    withParams(undefined, {}),
    withParams({ input: null }),
    withParams({ input: "" }),
    withParams({ input: [] }),
    withParams({ input: {} }),
    withParams({ input: ["a"] }),
    withParams({ input: "a" }),
    withParams({ params: { input: "a" } }),
    { operation: "chat params", params: {} },
    { operation: "", params: { operation: "chat" } },
    withParams({ stop: ["a", "b"] }),
    withParams({ stop: "a,b" }),
    withParams({ model: "m" }),
    withParams({}, { model: "m" }),
    withParams({}, { endpoint: "m" }),
  ];
  const keys = await Promise.all(calls.map(async (call) => keyOf(call)));
  const own = await Promise.all(["", "a", "{}"].map(async (key) => keyOf(chat, { key })));
  expect(new Set([...keys, ...own]).size).toBe(calls.length + own.length);
});

test("a call that pretends to be the second step of another is none", async () => {
  const { digest } = await deriveKey(withParams({ model: "e" }));
  const real = await keyOf(withParams({ model: "e", input: "a" }));
  for (const forged of [
    withParams({ shared: digest, input: "a" }),
    { shared: digest, input: "a" } as unknown as Call,
  ]) {
    expect(await keyOf(forged)).not.toBe(real);
  }
});

test("everything counts but the transport, and what is ignored on the outermost level", async () => {
  const params = { model: "m", user: "u", metadata: { a: 1 }, nested: { stream: true, metadata: 1 } };
  const plain = await keyOf(withParams(params));
  expect(await keyOf(withParams({ ...params, stream: true, stream_options: { include_usage: true } }))).toBe(plain);
  for (const change of [
    { user: "v" },
    { metadata: {} },
    { nested: { stream: false, metadata: 1 } },
    { nested: { stream: true } },
    { Stream: true },
  ]) {
    expect(await keyOf(withParams({ ...params, ...change }))).not.toBe(plain);
  }
  const ignore = ["metadata", "user"];
  const ignoring = await keyOf(withParams(params), { ignore });
  expect(await keyOf(withParams({ model: "m", nested: params.nested }), { ignore })).toBe(ignoring);
  expect(await keyOf(withParams({ ...params, nested: {} }), { ignore })).not.toBe(ignoring);
  expect(() => new KeyDeriver({ ignore: ["input"] })).toThrow(TypeError);
});

test("namespace, scope, operation and the caller's own key each count", async () => {
  const places: KeyPlace[] = [
    {},
    { namespace: "n" },
    { scope: "n" },
    { namespace: "n", scope: "n" },
    { scope: "" },
    { scope: "default" },
    { scope: "-unscoped" },
  ];
  const options = places.flatMap((place) => [place, { ...place, key: "k" }, { ...place, key: "" }]);
  const calls = [chat, { ...chat, operation: "messages" }];
  const derived = await Promise.all(options.flatMap((place) => calls.map(async (call) => deriveKey(call, place))));
  expect(new Set(derived.map(({ key }) => key)).size).toBe(options.length * calls.length);
  expect(new Set(derived.map(({ digest }) => digest)).size).toBe(options.length * calls.length);
  expect(await keyOf(chat, { namespace: "default" })).toBe(await keyOf(chat));
});

test("a caller's own key replaces params and context, and nothing else", async () => {
  const other = withParams({ messages: [() => "no form"] }, { region: "eu" });
  expect(await keyOf(other, { key: "k" })).toBe(await keyOf(chat, { key: "k" }));
  expect(await keyOf(other, { keyOf: () => "k" })).toBe(await keyOf(chat, { key: "k" }));
  expect(await keyOf(chat, { key: "k", keyOf: () => "another" })).toBe(await keyOf(chat, { key: "k" }));
  expect(await keyOf(chat, { keyOf: () => undefined })).toBe(await keyOf(chat));
  await expect(keyOf(chat, { keyOf: () => 7 as unknown as string })).rejects.toThrow(
    "key must be a string, got a number",
  );
  await expect(keyOf(chat, { key: null as unknown as string, keyOf: () => null as unknown as string })).rejects.toThrow(
    TypeError,
  );
});

test("models of one group are one model, at whatever endpoint", async () => {
  const options = { modelGroups: [["gpt", "gpt-eu", "gpt-us"], ["other"]] };
  const inGroup = (model: string, context?: unknown) => keyOf(withParams({ model, seed: 1 }, context), options);
  const key = await inGroup("gpt");
  expect(await inGroup("gpt-eu", { endpoint: "https://eu.example" })).toBe(key);
  expect(await inGroup("gpt-us", { endpoint: "https://us.example" })).toBe(key);
  for (const other of ["other", "another", "GPT", "__proto__"]) expect(await inGroup(other)).not.toBe(key);
  expect(await inGroup("gpt-eu", { endpoint: "https://eu.example", beta: "1" })).not.toBe(key);
});

test("a context that is no object counts beside a group, too", async () => {
  const contexts = [
    "eu",
    "us",
    ["eu"],
    new Map([["beta", 1]]),
    new Map([["beta", 2]]),
    new URL("https://eu.example"),
    null,
    undefined,
  ];
  const keys = await Promise.all(
    contexts.map(async (context) => keyOf(withParams({ model: "a" }, context), { modelGroups: [["g", "a"]] })),
  );
  expect(new Set(keys).size).toBe(contexts.length);
});

test("a model in two groups, or twice in one, is a mistake", () => {
  expect(
    () =>
      new KeyDeriver({
        modelGroups: [
          ["a", "b"],
          ["c", "b"],
        ],
      }),
  ).toThrow("modelGroups");
  expect(() => new KeyDeriver({ modelGroups: [["a", "a"]] })).toThrow(TypeError);
  expect(() => new KeyDeriver({ modelGroups: [[], ["a"]] })).not.toThrow();
});

test("an error names the path from the call on, in the input as well", async () => {
  const secret = () => "secret-4711";
  await expect(keyOf(withParams({ messages: [{ content: secret }] }))).rejects.toThrow(
    "call.params.messages[0].content is a function",
  );
  await expect(keyOf(withParams({ input: [secret] }))).rejects.toThrow("call.params.input[0] is a function");
  await expect(keyOf(withParams({}, { headers: new Headers() }))).rejects.toThrow(
    "call.context.headers is an instance of Headers",
  );
});

test("every key is safe for every store and begins with its prefixes", async () => {
  await fc.assert(
    fc.asyncProperty(anyCall, anyPlace, async (call, place) => {
      const { key, digest } = await deriveKey(call, place);
      expect(key).toMatch(/^[a-z0-9.-][a-z0-9._-]{0,99}\/[a-z0-9.-][a-z0-9._-]{0,99}\/[0-9a-f]{64}$/);
      expect(key.startsWith(await namespacePrefix(place))).toBe(true);
      expect(key).toBe(`${await keyPrefix(place)}${digest}`);
      expect(key.length).toBeLessThanOrEqual(512);
    }),
  );
});

test("calls that are derived at the same time do not disturb each other", async () => {
  const calls = Array.from({ length: 200 }, (_, index) =>
    withParams({ file: new Blob([`${index}`]), text: "x".repeat(index * 50) }),
  );
  const together = await Promise.all(calls.map(async (call) => keyOf(call)));
  const alone: string[] = [];
  for (const call of calls) alone.push(await keyOf(call));
  expect(together).toEqual(alone);
  expect(new Set(together).size).toBe(calls.length);
});

test("a context counts as a whole, also where it is the very object that params is", async () => {
  const shared = (stream: boolean) => ({ model: "m", stream, input: "a" });
  const keyIn = async (context: object, params: object) =>
    (await deriveKey({ operation: "chat", params, context })).key;
  const both = shared(true);
  expect(await keyIn(both, both)).toBe(await keyIn(shared(true), shared(true)));
  expect(await keyIn(both, both)).not.toBe(await keyIn(shared(false), shared(true)));
});

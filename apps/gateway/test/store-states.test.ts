import { memory } from "@llmcache/core";
import { expect, test } from "vitest";
import { storeStates } from "../src/admin/store-states.ts";

test("a store is asked once for all who want to know within a second, is not written to, and may hang", async () => {
  let now = 0;
  let reads = 0;
  let hangs = false;
  const store = memory();
  const read = store.get.bind(store);
  store.get = (key, options) => {
    reads++;
    return hangs ? new Promise(() => undefined) : read(key, options);
  };
  store.put = () => Promise.reject(new Error("a probe must leave nothing"));
  const states = storeStates([store], () => now);
  expect(await Promise.all([states(), states()])).toMatchObject([[{ ok: true }], [{ ok: true }]]);
  hangs = true;
  now = 999;
  expect(await states()).toMatchObject([{ name: "memory", ok: true }]);
  expect(reads).toBe(1);
  now = 1_000;
  expect(await states()).toMatchObject([{ name: "memory", ok: false, error: "TimeoutError" }]);
  hangs = false;
  now = 2_000;
  expect(await states()).toMatchObject([{ name: "memory", ok: true }]);
  expect(reads).toBe(3);
});

import { expect, test } from "vitest";
import {
  type Backend,
  type Bus,
  type BusMessage,
  type BusNotice,
  Cache,
  localBus,
  memory,
  tiered,
} from "../src/index.ts";
import { lyingBackend } from "./support/lying-backend.ts";
import { chat, settle } from "./support/model.ts";

/** Two processes, each with a memory of its own above the store that they share. */
function twoProcesses(bus: Bus) {
  const shared = lyingBackend(() => ({}));
  const memories = [memory({ name: "ours" }), memory({ name: "theirs" })] as const;
  const [ours, theirs] = memories.map((local) => new Cache({ backend: tiered([local, shared], { bus }) })) as [
    Cache,
    Cache,
  ];
  return { shared, memories, ours, theirs };
}

test("what another process writes, deletes or clears is dropped from this one's memory", async () => {
  const { ours, theirs, memories } = twoProcesses(localBus());
  await ours.put(chat("hi"), "old");
  expect(await theirs.get(chat("hi"))).toMatchObject({ value: "old" });
  await settle();
  expect(memories[1].usage().entries).toBe(1);
  await ours.put(chat("hi"), "new");
  await settle();
  expect(await theirs.get(chat("hi"))).toMatchObject({ value: "new", source: "store" });
  await settle();
  await ours.delete(chat("hi"));
  await settle();
  expect(await theirs.get(chat("hi"))).toBeUndefined();
  await ours.put(chat("hi"), "again");
  expect(await theirs.get(chat("hi"))).toBeDefined();
  await settle();
  await ours.clear();
  await settle();
  expect(await theirs.get(chat("hi"))).toBeUndefined();
});

test("a process does not drop its own copy for what it wrote itself", async () => {
  const { ours, memories } = twoProcesses(localBus());
  await ours.put(chat("hi"), "answer");
  await settle();
  expect(memories[0].usage().entries).toBe(1);
  expect(await ours.get(chat("hi"))).toMatchObject({ source: "ours" });
});

test("after a gap in the messages memory is not trusted until it is empty", async () => {
  const listeners = new Set<(notice: BusNotice) => void>();
  const bus: Bus = {
    publish: async () => undefined,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const { ours, theirs, memories } = twoProcesses(bus);
  await ours.put(chat("hi"), "old");
  await theirs.get(chat("hi"));
  await settle();
  await ours.put(chat("hi"), "new");
  expect(await theirs.get(chat("hi")), "the message was lost").toMatchObject({ value: "old", source: "theirs" });
  for (const listener of listeners) listener({ type: "gap" });
  expect(await theirs.get(chat("hi"))).toMatchObject({ value: "new", source: "store" });
  await settle();
  expect(await theirs.get(chat("hi"))).toMatchObject({ value: "new", source: "theirs" });
  expect(memories[1].usage().entries).toBe(1);
  await ours[Symbol.asyncDispose]();
  await theirs[Symbol.asyncDispose]();
  expect(listeners.size).toBe(0);
});

test.each(["cleared", "gap"] as const)(
  "what was being read when the others said %s is no copy to keep",
  async (type) => {
    const bus = localBus();
    const store = memory({ name: "store" });
    const { promise: late, resolve: arrive } = Promise.withResolvers<void>();
    const slow: Backend = {
      name: "store",
      get: async (key) => {
        const found = await store.get(key);
        await late;
        return found;
      },
      put: (key, value) => store.put(key, value),
      delete: (key) => store.delete(key),
    };
    const local = memory({ name: "theirs" });
    const theirs = new Cache({ backend: tiered([local, slow], { bus }), namespace: "n", readTimeout: 10 });
    const ours = new Cache({ backend: store, namespace: "n" });
    await ours.put(chat("hi"), "old");
    const reading = theirs.get(chat("hi"));
    await settle();
    await ours.clear();
    const notice = type === "gap" ? { type } : { type, from: "another", prefix: "n/" };
    // What a bus that has been away tells its own listeners is no message of anybody.
    await bus.publish(notice as BusMessage);
    arrive();
    await reading;
    await settle();
    expect(local.usage().entries).toBe(0);
    expect(await theirs.get(chat("hi"))).toBeUndefined();
  },
);

test("a bus that fails is an event, and hurts nobody", async () => {
  const codes: string[] = [];
  const bus: Bus = { publish: () => Promise.reject(new Error("down")), subscribe: () => () => undefined };
  const backend = tiered([memory(), memory()], { bus });
  const cache = new Cache({
    backend,
    onEvent: (event) => event.type === "error" && codes.push(event.error.backend ?? ""),
  });
  expect(await cache.put(chat("hi"), "answer")).toBe(true);
  await settle();
  expect(codes).toEqual(["bus"]);
});

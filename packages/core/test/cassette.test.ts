import { expect, test } from "vitest";
import { type Cache, cassette, decodeEntry, memory } from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { chat } from "./support/model.ts";

interface Environment {
  readonly LLMCACHE_MODE?: string;
  readonly CI?: string;
}

/** Opens a cassette as it would be in such an environment, on any runtime: some have no process, or one that is not to be changed. */
function openIn(environment: Environment, backend = memory(), clock = Date.now): Cache {
  const before = Object.getOwnPropertyDescriptor(globalThis, "process");
  const process = Object.create((globalThis as { process?: object }).process ?? null, {
    env: { value: environment },
  }) as object;
  Object.defineProperty(globalThis, "process", { value: process, configurable: true });
  try {
    return cassette({ backend, clock, keepOpen: true });
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, "process");
    else Object.defineProperty(globalThis, "process", before);
  }
}

const never = (): never => {
  throw new Error("the model must not be called");
};

test("records where nothing is said, and on a build server answers from the recordings alone", async () => {
  const backend = memory();
  expect((await openIn({}, backend).run(chat("hi"), () => "answer")).status).toBe("miss");
  for (const CI of ["true", "1", "woodpecker"]) {
    const cache = openIn({ CI }, backend);
    expect(await cache.run(chat("hi"), never)).toMatchObject({ status: "hit", value: "answer" });
    await expect(cache.run(chat("hi", { temperature: 1 }), never)).rejects.toThrow(/differs in params\.temperature$/);
  }
  for (const CI of ["", "0", "false"]) expect((await openIn({ CI }).run(chat("hi"), () => "new")).status).toBe("miss");
});

test("LLMCACHE_MODE goes first: refresh records anew, replay calls no model, off does neither", async () => {
  const backend = memory();
  await openIn({}, backend).put(chat("hi"), "old");
  const refreshed = openIn({ LLMCACHE_MODE: "refresh", CI: "true" }, backend);
  expect((await refreshed.run(chat("hi"), () => "new")).value).toBe("new");
  await refreshed.flush();
  expect((await openIn({ LLMCACHE_MODE: "replay" }, backend).run(chat("hi"), never)).value).toBe("new");
  await expect(openIn({ LLMCACHE_MODE: "replay" }, backend).run(chat("?"), never)).rejects.toThrow(
    "no recording answers",
  );
  expect((await openIn({ LLMCACHE_MODE: "off" }, backend).run(chat("hi"), () => "live")).value).toBe("live");
});

test("another value of LLMCACHE_MODE is refused by its name, and not told", () => {
  expect(() => openIn({ LLMCACHE_MODE: "record" })).toThrow(
    "LLMCACHE_MODE must be one of live, read-only, write-only, refresh, replay, off, got another string",
  );
});

test("the calls are kept with their answers, and no age makes a recording too old", async () => {
  const backend = memory();
  const clock = fakeClock();
  await openIn({}, backend).put(chat("hi"), "answer");
  for await (const key of backend.list(""))
    expect(decodeEntry((await backend.get(key)) ?? new Uint8Array()).call).toEqual(chat("hi"));
  clock.advance(1e9);
  expect((await openIn({ CI: "true" }, backend, clock).run(chat("hi"), never)).value).toBe("answer");
});

test("what a cassette sets itself is no option of it", () => {
  expect(() => cassette({ backend: memory(), mode: "live" } as never)).toThrow('cassette: unknown option "mode"');
  expect(() => cassette({ backend: memory(), storeCalls: false } as never)).toThrow('unknown option "storeCalls"');
});

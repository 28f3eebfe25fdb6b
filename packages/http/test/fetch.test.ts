import { expect, test } from "vitest";
import { cachedFetch } from "../src/index.ts";
import { ask, completion, eventStream, joined, json, post, scripted, start } from "./start.ts";

const url = "https://models.test/v1/chat/completions";
const bytes = new TextEncoder();

test("every form that fetch takes is the same call", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch });
  const init = post(ask("Forms?"));
  const body = init.body as string;
  const forms: (() => Parameters<typeof fetch>)[] = [
    () => [url, init],
    () => [new URL(url), init],
    () => [new Request(url, init)],
    () => [new Request(url, { ...init, body: null }), { body }],
    () => [url, new Request("https://other.test/", init)],
    () => [url, { ...init, body: bytes.encode(body) }],
    () => [url, { ...init, body: bytes.encode(body).buffer }],
    () => [url, { ...init, body: new Blob([body]) }],
    () => [url, { ...init, method: "post" }],
    () => [url, { ...init, headers: new Headers(init.headers) }],
    () => [url, { ...init, headers: Object.entries(init.headers as Record<string, string>) }],
  ];
  for (const form of forms) {
    expect(await (await cached(...form())).json()).toEqual(completion());
    await cache.flush();
  }
  expect(requests).toHaveLength(1);
});

test("a request is sent as it was given, whatever form it has", async () => {
  for (const stream of [false, true]) {
    const { cache } = await start();
    const { fetch, requests } = scripted(() => json(completion()));
    const cached = cachedFetch(cache, { fetch });
    const init = post(`{ "model" : "m", "messages": [], "stream": ${stream}, "temperature": 1.0 }`, {
      "x-extra": "kept",
    });
    await cached(new Request(url, init), { redirect: "manual" });
    const [sent] = requests;
    expect(await sent?.text()).toBe(init.body);
    expect([sent?.method, sent?.url, sent?.redirect, sent?.headers.get("x-extra")]).toEqual([
      "POST",
      url,
      "manual",
      "kept",
    ]);
  }
});

test("what is no call of a known API passes through untouched, its body unread", async () => {
  const { cache, events } = await start();
  const given: unknown[][] = [];
  const upstream = new Response("as it is", { headers: { "x-a": "b" } });
  const cached = cachedFetch(cache, {
    fetch: async (...call) => {
      given.push(call);
      return upstream;
    },
  });
  const body = new ReadableStream({ pull: () => expect.unreachable() }, { highWaterMark: 0 });
  const calls: Parameters<typeof cached>[] = [
    ["https://models.test/v1/models"],
    ["https://models.test/v1/chat/completions"],
    ["https://models.test/v1/chat/completions/chatcmpl-1", { method: "POST", body: "{}" }],
    ["https://models.test/v1/audio/transcriptions", { method: "POST", body }],
    ["https://models.test/v1/files", { method: "POST", body: new FormData() }],
  ];
  for (const call of calls) expect(await cached(...call)).toBe(upstream);
  expect(given.map(([input]) => input)).toEqual(calls.map(([input]) => input));
  expect(given[3]?.[1]).toMatchObject({ body });
  expect(events).toEqual([]);
});

test("a known API's request whose body is no JSON object, or can be read only once, passes through", async () => {
  const { cache } = await start();
  const upstream = json(completion());
  const { fetch, requests } = scripted(() => upstream);
  const cached = cachedFetch(cache, { fetch });
  const stream = new Blob(['{"messages":[]}']).stream();
  const bodies: BodyInit[] = [
    "no json",
    "[1]",
    "\uFEFF{}",
    new Uint8Array([0xff]),
    new FormData(),
    new URLSearchParams("a=b"),
    stream,
  ];
  for (const body of bodies)
    expect(await cached(url, { method: "POST", body, duplex: "half" } as RequestInit)).toBe(upstream);
  expect(await cached(new Request(url, { method: "POST", body: "no json" }))).toBe(upstream);
  expect(await requests.at(-1)?.text()).toBe("no json");
  expect(await requests.at(-2)?.text()).toBe('{"messages":[]}');
});

test("the headers that speak to the cache reach no endpoint, not even an unknown one", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json({}));
  await cachedFetch(cache, { fetch })("https://models.test/v1/models", {
    headers: { "x-llmcache-namespace": "a", "x-b": "c" },
  });
  expect([...(requests[0]?.headers ?? [])]).toEqual([["x-b", "c"]]);
});

test("what fetch refuses, it refuses in its own words", async () => {
  const { cache } = await start();
  const cached = cachedFetch(cache);
  const own = await globalThis.fetch("/relative").catch((error: unknown) => error as Error);
  await expect(cached("/relative")).rejects.toThrow((own as Error).message);
});

test("a path is known by its end, on any host, behind any prefix", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch });
  const places = [
    "http://127.0.0.1:8080/chat/completions",
    "https://a.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=1",
    "https://openrouter.ai/api/v1/chat/completions",
  ];
  for (const place of [...places, ...places]) await (await cached(place, post(ask("Where?")))).text();
  expect(requests).toHaveLength(3);
});

test("a body with two members of one name goes past the cache, because each reader may keep another", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch });
  for (const body of ['{"messages":[],"seed":1,"seed":2}', '{"messages":[{"a":1,"\\u0061":2}]}']) {
    for (let round = 0; round < 2; round++) {
      const response = await cached(url, post(body));
      expect(response.headers.get("cache-status")).toBe("llmcache; fwd=bypass; detail=repeated-members");
    }
  }
  expect(requests).toHaveLength(4);
  const spaced = '{ "messages": [ {"a":1}, {"a":1} ], "a": "\\"a\\":" }';
  for (let round = 0; round < 2; round++) await (await cached(url, post(spaced))).text();
  expect(requests).toHaveLength(5);
});

test("names that are spelled with escapes are told apart", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch });
  const names = ['\\"', "\\\\", "\\n", "\\t"];
  for (const name of [...names, ...names]) await (await cached(url, post(`{"messages":[],"a":0,"${name}":1}`))).text();
  expect(requests).toHaveLength(names.length);
});

test("a request that may or may not ask for a stream goes past the cache", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch });
  for (const stream of ["true", 1, undefined, null, false])
    await cached(url, post({ ...ask("?"), stream })).then((response) => response.text());
  expect(requests).toHaveLength(3);
});

test("integers that JSON parsing would change go past the cache", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch });
  for (const seed of ["9007199254740993", "9007199254740992"]) {
    const response = await cached(url, post(`{"messages":[],"seed":${seed}}`));
    expect(response.headers.get("cache-status")).toBe("llmcache; fwd=bypass");
  }
  expect(await requests[0]?.text()).toContain("9007199254740993");
});

test("a signal that is aborted already rejects with its reason, and nobody is called", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  const reason = new Error("left");
  const aborted = { ...post(ask("?")), signal: AbortSignal.abort(reason) };
  await expect(cachedFetch(cache, { fetch })(url, aborted)).rejects.toBe(reason);
  await expect(cachedFetch(cache, { fetch })(new Request(url, aborted))).rejects.toBe(reason);
  expect(requests).toHaveLength(0);
});

test("one caller's abort detaches that caller; the last one's aborts the call of the model", async () => {
  const { cache } = await start();
  const gate = Promise.withResolvers<Response>();
  let sent: AbortSignal | null | undefined;
  const cached = cachedFetch(cache, {
    fetch: async (_, init) => {
      sent = init?.signal;
      return gate.promise;
    },
  });
  for (const stream of [false, true]) {
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [first, second].map(({ signal }) => cached(url, { ...post({ ...ask("?"), stream }), signal }));
    const failures = calls.map((call) => call.catch((error: unknown) => error));
    await joined(cache, stream ? 2 : 1);
    first.abort("one left");
    expect(await failures[0]).toBe("one left");
    expect(sent?.aborted).toBe(false);
    second.abort("all left");
    expect(await failures[1]).toBe("all left");
    expect(sent?.aborted).toBe(true);
  }
});

/** A stream that never ends by itself, and tells when it was left. */
function endless(): { response: () => Response; left: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const response = () =>
    new Response(
      new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            await new Promise((next) => setTimeout(next, 1));
            controller.enqueue(bytes.encode('data: {"choices":[]}\n\n'));
          },
          cancel: () => resolve(),
        },
        { highWaterMark: 0 },
      ),
      { headers: { "content-type": "text/event-stream" } },
    );
  return { response, left: promise };
}

test("an abort in the middle of a stream ends the body with the reason, and the call of the model", async () => {
  const { cache } = await start();
  const { response: upstream, left } = endless();
  const cached = cachedFetch(cache, { fetch: async () => upstream() });
  const controller = new AbortController();
  const { body } = await cached(url, { ...post({ ...ask("?"), stream: true }), signal: controller.signal });
  const reader = body?.getReader();
  await reader?.read();
  const reason = new DOMException("left", "AbortError");
  controller.abort(reason);
  await expect(
    (async () => {
      while (!(await reader?.read())?.done);
    })(),
  ).rejects.toBe(reason);
  await left;
});

test("cancelling the body ends the call of the model, unless others read it", async () => {
  const { cache } = await start();
  const { response: upstream, left } = endless();
  let calls = 0;
  const cached = cachedFetch(cache, {
    fetch: async () => {
      calls++;
      return upstream();
    },
  });
  const [first, second] = await Promise.all([1, 2].map(() => cached(url, post({ ...ask("?"), stream: true }))));
  await first?.body?.cancel();
  const reader = second?.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  await reader?.cancel();
  await left;
  expect(calls).toBe(1);
});

test("a caller who stops reading stops the model", async () => {
  const { cache } = await start();
  let made = 0;
  const upstream = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        made++;
        controller.enqueue(bytes.encode(`data: {"n":${made}}\n\n`));
      },
    },
    { highWaterMark: 0 },
  );
  const cached = cachedFetch(cache, {
    fetch: async () => new Response(upstream, { headers: { "content-type": "text/event-stream" } }),
  });
  const { body } = await cached(url, post({ ...ask("?"), stream: true }));
  const reader = body?.getReader();
  await reader?.read();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(made).toBeLessThan(4);
  await reader?.cancel();
});

test("a client that leaves when it has seen the end event has been there for all of it", async () => {
  const { cache } = await start();
  const last = 'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n';
  const { fetch, requests } = scripted(() => eventStream(last, "data: [DONE]\n\n"));
  const cached = cachedFetch(cache, { fetch });
  for (let round = 0; round < 2; round++) {
    const reader = (await cached(url, post({ ...ask("?"), stream: true }))).body?.getReader();
    await reader?.read();
    await reader?.read();
    await reader?.cancel();
    await cache.flush();
  }
  expect(requests).toHaveLength(1);
});

test("what follows an error in a stream is passed on too", async () => {
  const { cache } = await start();
  const pieces = [
    'data: {"choices":[]}\n\n',
    'data: {"error":{"message":"overloaded"}}\n\n',
    "data: [DONE]\n\n",
    ": bye\n\n",
  ];
  const { fetch } = scripted(() => eventStream(...pieces));
  const response = await cachedFetch(cache, { fetch })(url, post({ ...ask("?"), stream: true }));
  // Nobody reads on after the end.
  expect(await response.text()).toBe(pieces.slice(0, 3).join(""));
});

test("a client that stops at an error, and neither reads on nor cancels, leaves no call behind for others to join", async () => {
  for (const error of [
    'data: {"error":{"message":"overloaded"}}\n\n',
    'event: error\ndata: {"message":"no"}\n\n',
    "data: {,\n\n",
  ]) {
    const { cache } = await start();
    const { fetch, requests } = scripted(() =>
      eventStream('data: {"choices":[]}\n\n', error, "data: 1\n\n", "data: [DONE]\n\n"),
    );
    const cached = cachedFetch(cache, { fetch });
    for (let round = 0; round < 2; round++) {
      const reader = (await cached(url, post({ ...ask("?"), stream: true }))).body?.getReader();
      await reader?.read();
      await reader?.read();
      reader?.releaseLock();
      await cache.flush();
    }
    expect(requests).toHaveLength(2);
  }
});

test("each response is its own: read once, cloned, and changed without an effect on others", async () => {
  const { cache } = await start();
  const { fetch } = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch });
  const first = await cached(url, post(ask("?")));
  first.headers.set("x-mine", "1");
  const clone = first.clone();
  expect(await first.text()).toBe(await clone.text());
  await expect(first.text()).rejects.toThrow(TypeError);
  await cache.flush();
  const second = await cached(url, post(ask("?")));
  expect(second.headers.has("x-mine")).toBe(false);
  expect(second).toMatchObject({ ok: true, status: 200, bodyUsed: false, url });
  expect(await second.json()).toEqual(completion());
});

test("the global fetch is looked up when it is needed", async () => {
  const { cache } = await start();
  const cached = cachedFetch(cache);
  const original = globalThis.fetch;
  try {
    globalThis.fetch = async () => json(completion());
    expect(await (await cached(url, post(ask("?")))).json()).toEqual(completion());
  } finally {
    globalThis.fetch = original;
  }
});

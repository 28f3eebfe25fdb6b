import OpenAI, { toFile } from "openai";
import type { ImageGenCompletedEvent, ImageGenerateParamsNonStreaming } from "openai/resources/images";
import { expect, test } from "vitest";
import { cachedFetch } from "../src/index.ts";
import { differential, namedEvents, type Recorded } from "./differential.ts";
import { collect, eventStream, json, post, scripted, start } from "./start.ts";

const ask = (prompt: string, more: object = {}): ImageGenerateParamsNonStreaming => ({
  model: "gpt-image-2",
  prompt,
  ...more,
});
const told = {
  background: "opaque",
  output_format: "png",
  quality: "low",
  size: "1024x1024",
  usage: {
    input_tokens: 9,
    input_tokens_details: { text_tokens: 9, image_tokens: 0 },
    output_tokens: 272,
    total_tokens: 281,
  },
};
const completed = (more: object = {}) => ({
  type: "image_generation.completed",
  b64_json: "iVBORw0KGgo=",
  created_at: 1_780_000_000,
  ...told,
  ...more,
});
const partial = {
  ...completed(),
  type: "image_generation.partial_image",
  b64_json: "iVBO",
  partial_image_index: 0,
  usage: undefined,
};
const whole = (...data: object[]) => JSON.stringify({ created: 1_780_000_000, ...told, data });
const image = { b64_json: "iVBORw0KGgo=" };

/** Images as OpenAI's reference describes them. */
const corpus: readonly Recorded<ImageGenerateParamsNonStreaming>[] = [
  { name: "an image", params: ask("a cat"), stream: namedEvents(completed()), plain: whole(image) },
  {
    name: "an image by way of others",
    params: ask("a cat", { partial_images: 0 }),
    stream: namedEvents(partial, completed({ safety_identifier: null })),
    plain: JSON.stringify({ ...(JSON.parse(whole(image)) as object), safety_identifier: null }),
  },
  {
    name: "two images",
    params: ask("a cat", { n: 2 }),
    stream: namedEvents(completed(), completed({ b64_json: "iVBORw0KGgp=" })),
    plain: whole(image, { b64_json: "iVBORw0KGgp=" }),
    apart: "what nobody knows of several",
  },
];

differential<ImageGenerateParamsNonStreaming>(
  {
    isStream: (_, body) => body.includes('"stream":true'),
    connect: (origin, fetch) => {
      const { images } = new OpenAI({ baseURL: `${origin}/v1`, apiKey: "test-key", maxRetries: 0, fetch });
      const events = async (params: ImageGenerateParamsNonStreaming) =>
        collect(await images.generate({ ...params, stream: true }));
      return {
        plain: (params) => images.generate(params),
        events,
        final: async (params) => {
          const {
            type: _,
            created_at: created,
            b64_json,
            ...rest
          } = (await events(params)).at(-1) as ImageGenCompletedEvent;
          return { created, ...rest, data: [{ b64_json }] };
        },
      };
    },
  },
  corpus,
);

test("an image is drawn once, whether it is asked for whole or as a stream", async () => {
  for (const streamFirst of [false, true]) {
    const { client, model, cache } = await start();
    const plain = async () => (await client.images.generate(ask("a cat"))).data?.[0]?.b64_json;
    const stream = async () => {
      const last = (await collect(await client.images.generate({ ...ask("a cat"), stream: true }))).at(-1);
      return last?.b64_json;
    };
    const first = await (streamFirst ? stream() : plain());
    await cache.flush();
    expect(await (streamFirst ? plain() : stream())).toBe(first);
    expect(first).toMatch(/^iVBORw0KGgo/);
    expect(model.calls.images).toBe(1);
  }
});

test("an edit is known by the images it begins with, whatever they are called", async () => {
  const { client, model, cache } = await start();
  const edit = async (name: string, content: string, more: object = {}) => {
    const file = await toFile(new Blob([content]), name, { type: "image/png" });
    const answer = await client.images.edit({ model: "gpt-image-2", prompt: "blue", image: file, ...more });
    await cache.flush();
    return answer;
  };
  const first = await edit("a.png", "one");
  expect(await edit("b.png", "one")).toEqual(first);
  await edit("a.png", "two");
  await edit("a.png", "one", { mask: await toFile(new Blob(["mask"]), "m.png") });
  await edit("a.png", "one", { prompt: "red" });
  const several = [await toFile(new Blob(["one"]), "a.png"), await toFile(new Blob(["two"]), "b.png")];
  await edit("", "", { image: several });
  await edit("", "", { image: several.toReversed() });
  await edit("", "", { image: several });
  expect(model.calls.images).toBe(6);
});

test("an edit asked for as a stream shares the entry of one that is not", async () => {
  const { client, model, cache } = await start();
  const params = { model: "gpt-image-2", prompt: "blue", image: await toFile(new Blob(["one"]), "a.png") };
  const events = await collect(await client.images.edit({ ...params, stream: true }));
  await cache.flush();
  expect((await client.images.edit(params)).data).toEqual([{ b64_json: events.at(-1)?.b64_json }]);
  expect(model.calls.images).toBe(1);
});

test("an image that is only linked to is not kept: the link is soon dead", async () => {
  const { client, model, cache } = await start();
  const urls = new Set<string | undefined>();
  for (let round = 0; round < 2; round++) {
    const { data } = await client.images.generate(ask("a cat", { model: "dall-e-3", response_format: "url" }));
    urls.add(data?.[0]?.url);
    await cache.flush();
  }
  expect(urls.size).toBe(2);
  expect(model.calls.images).toBe(2);
});

async function askTwice(upstream: () => Response, body: object): Promise<number> {
  const { cache } = await start();
  const { fetch, requests } = scripted(upstream);
  const cached = cachedFetch(cache, { fetch });
  for (let round = 0; round < 2; round++) {
    await (await cached("https://models.test/v1/images/generations", post(body))).text();
    await cache.flush();
  }
  return requests.length;
}

const unusable: Record<string, readonly [upstream: () => Response, body: object]> = {
  "no image": [() => json({ created: 1, data: [] }), ask("a cat")],
  "fewer images than were asked for": [() => json(whole(image)), ask("a cat", { n: 2 })],
  "an empty image": [() => json(whole({ b64_json: "" })), ask("a cat")],
  "an image and a link": [() => json(whole(image, { url: "https://images.test/1.png" })), ask("a cat", { n: 2 })],
  "an image that is linked to as well": [
    () => json(whole({ ...image, url: "https://images.test/1.png" })),
    ask("a cat"),
  ],
  "an error": [() => json({ error: { message: "moderated" }, data: [image] }), ask("a cat")],
  "a stream without its end": [() => eventStream(namedEvents(partial)), ask("a cat", { stream: true })],
  "a stream with an error": [
    () => eventStream(namedEvents(partial, { type: "error" }, completed())),
    ask("a cat", { stream: true }),
  ],
};

for (const [name, parameters] of Object.entries(unusable)) {
  test(`an answer is passed on and not stored: ${name}`, async () => {
    expect(await askTwice(...parameters)).toBe(2);
  });
}

test("a stream that shows images on the way is never made of a plain answer", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(
    () => json(whole(image)),
    () => eventStream(namedEvents(partial, completed())),
  );
  const cached = cachedFetch(cache, { fetch });
  const url = "https://models.test/v1/images/generations";
  const shown: string[] = [];
  for (const stream of [false, true, true]) {
    shown.push(await (await cached(url, post(ask("a cat", { partial_images: 1, stream })))).text());
    await cache.flush();
  }
  expect(requests).toHaveLength(2);
  expect(shown[2]).toBe(shown[1]);
});

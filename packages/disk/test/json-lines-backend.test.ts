import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Cache, encodeContent, encodeEntry, encodeRecording } from "@llmcache/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonLinesBackend, type JsonLinesOptions } from "@llmcache/disk";
import { runProcess } from "./run-process.ts";
import { temporaryDirectories } from "./temporary-directory.ts";

const nextDirectory = temporaryDirectories();
const nextFile = () => join(nextDirectory(), "answers.jsonl");
const linesOf = (file: string) => readFileSync(file, "utf8").split("\n").slice(0, -1);
const read = (file: string) => linesOf(file).map((line) => JSON.parse(line) as Record<string, unknown>);
const clock = () => Date.parse("2026-01-02T03:04:05.678Z");

const question = { operation: "chat", params: { model: "m", messages: [{ role: "user", content: "Why?" }] } };

function record(file: string) {
  return new Cache({ backend: new JsonLinesBackend({ file }), storeCalls: true, clock, namespace: "tests" });
}

describe("a line is read by people:", () => {
  test("the call, then the answer as JSON, what it used, and when", async () => {
    const file = nextFile();
    await using cache = record(file);
    const body = JSON.stringify({
      id: "1",
      choices: [{ message: { tool_calls: [{ arguments: '{"city":"Oslo"}' }] } }],
    });
    await cache.run(question, () => ({ status: 200, body }), {
      usageOf: () => ({ inputTokens: 3, outputTokens: 4 }),
      ttl: "1h",
    });
    await cache.flush();
    const [line] = read(file);
    expect(Object.keys(line ?? {})).toEqual(["key", "call", "answer", "usage", "createdAt", "freshUntil"]);
    expect(line).toMatchObject({
      call: question,
      answer: {
        status: 200,
        body: {
          $json: { id: "1", choices: [{ message: { tool_calls: [{ arguments: { $json: { city: "Oslo" } } }] } }] },
        },
      },
      usage: { model: "m", inputTokens: 3, outputTokens: 4 },
      createdAt: "2026-01-02T03:04:05.678Z",
      freshUntil: "2026-01-02T04:04:05.678Z",
    });
    expect((await cache.get(question))?.value).toEqual({ status: 200, body });
  });

  test("a stream, event by event", async () => {
    const file = nextFile();
    await using cache = record(file);
    const events = ['data: {"n":1}\n\n', 'event: done\ndata: {"n":2}\n\n', "data: [DONE]\n\n", ": a comment\n\n"];
    const chunks = [{ head: true }, ...events.map((event) => new TextEncoder().encode(event)), Uint8Array.of(255)];
    const { stream } = await cache.runStream<unknown>(question, async function* () {
      yield* chunks;
    });
    await Array.fromAsync(stream);
    await cache.flush();
    const after = expect.any(Number) as number;
    expect(read(file)[0]?.["chunks"]).toEqual([
      { after, answer: { head: true } },
      { after, data: { n: 1 } },
      { after, event: "done", data: { n: 2 } },
      { after, text: "data: [DONE]\n\n" },
      { after, text: ": a comment\n\n" },
      { after, base64: "/w==" },
    ]);
    const replayed = await cache.runStream<unknown>(question, () => Promise.reject(new Error("not stored")));
    expect(await Array.fromAsync(replayed.stream)).toEqual(chunks);
  });
});

const anyEntry = fc
  .record({
    content: fc.oneof(
      fc.json().map((text) => encodeContent(JSON.parse(text))),
      // What may be taken for JSON within a text, and for how that is shown.
      fc
        .oneof(
          fc.json(),
          fc.json().map((text) => JSON.stringify(JSON.parse(text), undefined, 2)),
          fc.constantFrom("{", "[]", '{"$json":1}', '{"a":1.0}', '{"__proto__":{"a":1}}'),
        )
        .map((body) => encodeContent({ body, $json: { $json: [body] } })),
      fc.uint8Array().map(encodeContent),
      fc.float32Array().map(encodeContent),
      fc
        .array(
          fc.oneof(
            fc.uint8Array(),
            fc.json().map((text) => new TextEncoder().encode(`data: ${text}\n\n`)),
          ),
        )
        .map((chunks) => encodeRecording(chunks.map((chunk, offset) => ({ offset, content: encodeContent(chunk) })))),
    ),
    createdAt: fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e15, noNaN: true })),
    fresh: fc.constantFrom(0, 60_000, Infinity),
    tags: fc.constantFrom(undefined, { "n/s/_tag/t": "0a" }),
    call: fc.constantFrom(undefined, question, { operation: "chat", params: { body: '{"a":[1]}' } }),
    digest: fc.constantFrom("0".repeat(64), "1".repeat(64)),
  })
  .map(({ fresh, createdAt, tags, call, ...entry }) =>
    encodeEntry({
      ...entry,
      createdAt,
      freshUntil: createdAt + fresh,
      staleUntil: createdAt + fresh + 5,
      ...(tags && { tags }),
      ...(call && { call }),
    }),
  );

test("whatever an entry holds, it comes back to the byte", async () => {
  const file = nextFile();
  await fc.assert(
    fc.asyncProperty(anyEntry, async (bytes) => {
      const key = `n/s/${"0".repeat(64)}`;
      await new JsonLinesBackend({ file }).put(key, bytes);
      expect(await new JsonLinesBackend({ file }).get(key)).toEqual(bytes);
    }),
    { numRuns: 200 },
  );
}, 60_000);

test("the file is in the order of the keys, so that the same entries are the same file, and a new one is one more line", async () => {
  const [one, other] = [nextFile(), nextFile()];
  const keys = ["n/b", "n/a", "n/c"];
  for (const [file, ordered] of [
    [one, keys],
    [other, keys.toReversed()],
  ] as const) {
    const backend = new JsonLinesBackend({ file });
    for (const key of ordered) await backend.put(key, new TextEncoder().encode(key));
  }
  const before = linesOf(one);
  expect(linesOf(other)).toEqual(before);
  await new JsonLinesBackend({ file: one }).put("n/aa", Uint8Array.of(1));
  expect(linesOf(one)).toEqual([before[0], expect.stringContaining("n/aa"), before[1], before[2]]);
  expect(readdirSync(dirname(one)), "nothing is left beside it").toEqual(["answers.jsonl"]);
});

test("what changes nothing leaves the file as it is, and a file that is not there is not made to read it", async () => {
  const file = nextFile();
  const backend = new JsonLinesBackend({ file });
  await backend.ping();
  await backend.delete("n/a");
  expect(await backend.get("n/a")).toBeUndefined();
  expect(existsSync(file)).toBe(false);
});

test("several processes merge what they write, and lose nothing", { timeout: 60_000 }, async () => {
  const file = nextFile();
  await Promise.all(["p0", "p1", "p2"].map((prefix) => runProcess("put-lines.ts", [file, prefix, "20"])));
  const backend = new JsonLinesBackend({ file });
  expect(linesOf(file)).toHaveLength(61);
  expect(new TextDecoder().decode(await backend.get("shared"))).toBe("60");
});

test("a file that was edited is read as it is now: other line ends, empty lines, and the later of two with one key", async () => {
  const file = nextFile();
  const backend = new JsonLinesBackend({ file });
  await backend.put("n/a", Uint8Array.of(1));
  await backend.put("n/b", Uint8Array.of(2));
  const [a = "", b = ""] = linesOf(file);
  writeFileSync(file, [b, "", a, a.replace("AQ==", "Aw==")].join("\r\n"));
  expect(await backend.getMany(["n/a", "n/b"])).toEqual([Uint8Array.of(3), Uint8Array.of(2)]);
  await backend.put("n/c", Uint8Array.of(4));
  expect(linesOf(file)).toEqual([a.replace("AQ==", "Aw=="), b, expect.stringContaining("n/c")]);
});

test("a conflict that git left in the file is an error that names the line, and nothing is written over it", async () => {
  const file = nextFile();
  mkdirSync(dirname(file), { recursive: true });
  const text = '{"key":"n/a","bytes":"AQ=="}\n<<<<<<< HEAD\n';
  writeFileSync(file, text);
  const backend = new JsonLinesBackend({ file });
  await expect(backend.get("n/a")).rejects.toThrow(`line 2 of ${file} is no entry`);
  await expect(backend.put("n/b", Uint8Array.of(1))).rejects.toThrow("line 2");
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("holds nothing of a request but the call", async () => {
  const file = nextFile();
  await using cache = record(file);
  await cache.scoped("tenant").run(question, () => "answer");
  await cache.flush();
  expect(Object.keys(read(file)[0] ?? {})).toEqual(["key", "call", "answer", "createdAt"]);
});

test.each([
  [{}, "file must be a string of at least one character, got undefined"],
  [{ file: "" }, "file must be a string of at least one character, got an empty string"],
  [{ file: "a", name: 7 }, "name must be a string of at least one character, got a number"],
  [{ file: "a", path: "b" }, 'unknown option "path"; known are file, name'],
])("options %j are refused by name", (options, message) => {
  expect(() => new JsonLinesBackend(options as JsonLinesOptions)).toThrow(message);
});

import { type FaultMode, sharedServer, startFaultProxy, startQdrant, startTimeout } from "@llmcache/test-servers";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ExpiredPoints } from "../src/expired-points.ts";
import { pointId } from "../src/point.ts";
import { Requests } from "../src/requests.ts";
import { connect, rejectionOf } from "./support/connect.ts";

const qdrant = sharedServer(() => startQdrant());
beforeAll(qdrant.start, startTimeout);
afterAll(qdrant.stop);

const scope = "a".repeat(64);
const vector = Float32Array.of(1, 0, 0, 0);

describe("a QdrantSemanticBackend", () => {
  test("gives a key the same point in every process: a UUID of version 5", () => {
    expect(pointId("support/_/0a")).toBe("902407c0-d140-56b4-88d0-a2df87be4dae");
    expect(pointId("support/_/0b")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("keeps a prompt that is stored twice once", async (context) => {
    const backend = await connect({ url: qdrant.orSkip(context).url });
    for (const value of [1, 2]) await backend.put("a/b", Uint8Array.of(value), { embedding: { scope, vector } });
    expect((await backend.client.count(backend.collection)).count).toBe(1);
  });

  test("deletes what expired more than a minute ago, and nothing else", async (context) => {
    const backend = await connect({ url: qdrant.orSkip(context).url });
    const now = Date.now();
    const expiries = {
      "e/long-ago": now - 120_000,
      "e/just-now": now - 5,
      "e/later": now + 60_000,
      "e/never": Infinity,
    };
    for (const [key, expiresAt] of Object.entries(expiries)) {
      await backend.put(key, Uint8Array.of(1), { expiresAt, embedding: { scope, vector } });
    }
    const expired = new ExpiredPoints(new Requests(backend.client, 5_000), "qdrant", backend.collection);
    await expired.sweep();
    await expect
      .poll(async () => (await Array.fromAsync(backend.list("e/"))).toSorted(), { timeout: 20_000 })
      .toEqual(["e/just-now", "e/later", "e/never"]);
  });

  test("lists by any prefix, over pages", async (context) => {
    const backend = await connect({ url: qdrant.orSkip(context).url });
    const keys = Array.from({ length: 1_203 }, (_, index) => `ns/ten${index % 3 === 0 ? "" : "ant"}/${index}`);
    await backend.putMany(keys.map((key) => ({ key, value: Uint8Array.of(1) })));
    for (const prefix of ["", "ns", "ns/", "ns/ten", "ns/ten/", "ns/tenant/1", "other/"]) {
      const listed = await Array.fromAsync(backend.list(prefix));
      expect(listed.toSorted()).toEqual(keys.filter((key) => key.startsWith(prefix)).toSorted());
    }
  });

  test.for(["scalar", "binary", "product", "none"] as const)(
    "finds 98 of 100 of what comparing every vector finds, by an index with quantization %s",
    { timeout: 120_000 },
    async (quantization, context) => {
      const { url } = qdrant.orSkip(context);
      const embedder = crypto.randomUUID();
      const backend = await connect({ url, embedder, dimensions: 64, quantization });
      const exact = await connect({ url, embedder, dimensions: 64, quantization, search: "exact" });
      await backend.ping();
      // Qdrant makes an index, and quantizes, only where there is much. Here it is little.
      await backend.client.updateCollection(backend.collection, {
        optimizers_config: { indexing_threshold: 50, default_segment_number: 1 },
        hnsw_config: { full_scan_threshold: 50 },
      });
      const vectors = sampleVectors(64, 2_500);
      await backend.putMany(
        vectors.map((one, index) => ({
          key: `r/${index}`,
          value: Uint8Array.of(1),
          options: { embedding: { scope, vector: one } },
        })),
      );
      await expect
        .poll(async () => (await backend.client.getCollection(backend.collection)).indexed_vectors_count, {
          timeout: 60_000,
        })
        .toBe(2_500);
      let found = 0;
      const asked = vectors
        .filter((_, index) => index % 50 === 0)
        .map((one) => one.map((value) => value + 0.1 * Math.sin(value * 1e4)));
      for (const one of asked) {
        const near = await backend.nearest(scope, one, { limit: 10 });
        const nearest = new Set((await exact.nearest(scope, one, { limit: 10 })).map(({ key }) => key));
        found += near.filter(({ key }) => nearest.has(key)).length;
      }
      expect(found / (asked.length * 10)).toBeGreaterThanOrEqual(0.98);
    },
  );
});

describe("what a QdrantSemanticBackend asks for", () => {
  test("are replies that are not compressed: those come 40 ms late", async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers["accept-encoding"]);
      const result = { config: { params: { vectors: { prompt: { size: 4, distance: "Cosine" } } } }, points: [] };
      const payload_schema = { scope: {}, exp: {}, prefixes: {} };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ result: { ...result, payload_schema } }));
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const backend = await connect({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    expect(await backend.nearest(scope, vector, { limit: 1 })).toEqual([]);
    // A look at the collection, and the search.
    expect(asked).toEqual(["identity", "identity"]);
  });
});

describe("a Qdrant with an API key", () => {
  const guarded = sharedServer(() => startQdrant({ apiKey: "the right one" }));
  beforeAll(guarded.start, startTimeout);
  afterAll(guarded.stop);

  test("is used with the key of the option, or of the environment", async (context) => {
    const { url } = guarded.orSkip(context);
    await (await connect({ url, apiKey: "the right one" })).ping();
    await (await connect({ environment: { QDRANT_URL: url, QDRANT_API_KEY: "the right one" } })).ping();
  });

  test("says to check the key when it is missing or wrong, and does not repeat it", async (context) => {
    const { url } = guarded.orSkip(context);
    for (const apiKey of [undefined, "a wrong one"]) {
      const { message } = await rejectionOf((await connect({ url, apiKey })).get("a/b"));
      expect(message).toContain("check `apiKey`, or the variable QDRANT_API_KEY");
      expect(message).not.toContain("wrong one");
    }
  });
});

describe("a Qdrant that does not answer", () => {
  const open = async (url: string, mode: FaultMode) => {
    const { hostname, port } = new URL(url);
    const proxy = await startFaultProxy({ host: hostname, port: Number(port) });
    onTestFinished(() => proxy.stop());
    const backend = await connect({ url: `http://${proxy.host}:${proxy.port}/`, timeout: "300ms" });
    await backend.put("a/b", Uint8Array.of(1));
    await proxy.set(mode);
    return backend;
  };

  test.for<FaultMode>(["stall", "blackhole", { latency: 20_000 }])(
    "costs the time-out, by %j",
    async (mode, context) => {
      const backend = await open(qdrant.orSkip(context).url, mode);
      const startedAt = performance.now();
      const { message } = await rejectionOf(backend.nearest(scope, vector, { limit: 1 }));
      expect(message).toContain("did not answer within 300 ms");
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    },
  );

  test("is left at once by a caller who goes away", async (context) => {
    const backend = await open(qdrant.orSkip(context).url, "stall");
    const controller = new AbortController();
    const reason = new Error("the caller went away");
    setTimeout(() => controller.abort(reason), 20);
    expect(await rejectionOf(backend.get("a/b", { signal: controller.signal }))).toBe(reason);
  });

  test.for<FaultMode>(["refuse", { cutReply: 40 }, { truncate: 40 }])(
    "is an error that is no miss, by %j",
    async (mode, context) => {
      const backend = await open(qdrant.orSkip(context).url, mode);
      expect(await rejectionOf(backend.get("a/b"))).toBeInstanceOf(Error);
    },
  );
});

/** Vectors of clusters. The same every time. */
function sampleVectors(dimensions: number, count: number): Float32Array[] {
  let state = 1;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5;
  const centres = Array.from({ length: count / 20 }, () => Float32Array.from({ length: dimensions }, random));
  return Array.from({ length: count }, (_, index) =>
    (centres[index % centres.length] ?? new Float32Array()).map((value) => value + 0.6 * random()),
  );
}

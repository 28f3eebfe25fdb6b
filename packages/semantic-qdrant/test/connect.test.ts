import { connectQdrant, QdrantSemanticBackend } from "@llmcache/semantic-qdrant";
import { QdrantClient } from "@qdrant/js-client-rest";
import { describe, expect, test } from "vitest";
import { closedUrl } from "./support/connect.ts";

const store = { embedder: "e", dimensions: 4 };

describe("connectQdrant", () => {
  test.for([
    [{ url: "localhost:6333" }, "connectQdrant: url must be a URL that begins with http:// or https://"],
    [{ url: "http://user:secret@localhost" }, "connectQdrant: url must have no user, password or query"],
    [{ apiKey: "" }, "connectQdrant: apiKey must be a string of at least one character"],
    [{ host: "localhost" }, 'connectQdrant: unknown option "host"'],
    [{ embedder: "" }, "embedder must be the name of the model"],
    [{ dimensions: 0 }, "dimensions must be a whole number above 0"],
    [{ prefix: "a/b" }, "prefix must be 1 to 100 characters of a-z A-Z 0-9 . _ -"],
    [{ quantization: "float" }, 'quantization must be "scalar", "binary", "product" or "none"'],
    [{ search: "fast" }, 'search must be "exact" or "approximate"'],
    [{ timeout: "0s" }, "timeout must be from 1 ms to 24 days"],
    [{ name: "" }, "name must be a string of at least one character"],
    [{ environment: { QDRANT_URL: "qdrant.example" } }, "QDRANT_URL must be a URL"],
  ] as const)("refuses %j, naming what is wrong and never its value", async ([options, message]) => {
    const given = { environment: {}, ...store, ...options } as Parameters<typeof connectQdrant>[0];
    await expect(connectQdrant(given)).rejects.toThrow(message);
    await expect(connectQdrant(given)).rejects.not.toThrow("secret");
  });

  test("takes the URL of a cloud, with its port or without, and a path behind a proxy", async () => {
    const addressOf = async (url: string) => {
      const { client } = await connectQdrant({ url, ...store, environment: {} });
      return (client as unknown as { _restUri: string })._restUri;
    };
    expect(await addressOf("https://abc.eu-central.aws.cloud.qdrant.io:6333")).toBe(
      "https://abc.eu-central.aws.cloud.qdrant.io:6333",
    );
    expect(await addressOf("https://abc.eu-central.aws.cloud.qdrant.io")).toBe(
      "https://abc.eu-central.aws.cloud.qdrant.io:443",
    );
    expect(await addressOf("http://proxy/qdrant/")).toBe("http://proxy:80/qdrant");
  });

  test("sends nothing before it is asked to", async () => {
    const backend = await connectQdrant({ url: await closedUrl(), ...store, environment: {} });
    await expect(backend.ping()).rejects.toThrow("Nothing listens at the address of Qdrant");
    await backend[Symbol.asyncDispose]();
  });

  test("is not needed by who has a client", async () => {
    const client = new QdrantClient({ url: await closedUrl(), checkCompatibility: false });
    const backend = new QdrantSemanticBackend({ client, ...store });
    await expect(backend.get("a/b")).rejects.toThrow("Nothing listens");
    expect(() => new QdrantSemanticBackend({ client: {} as QdrantClient, ...store })).toThrow(
      "client must be a QdrantClient",
    );
  });
});

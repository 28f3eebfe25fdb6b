import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { AzureBlobBackend, type AzureBlobOptions, lifecycleRule } from "@llmcache/azure";
import { Cache } from "@llmcache/core";
import {
  checkConnectionReuse,
  checkExplanation,
  sharedServer,
  startFaultProxy,
  startTimeout,
} from "@llmcache/test-servers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blobNameOf, blobPrefixOf, keyOf } from "../src/blob-name.ts";
import { startContainer, type TestContainer } from "./container.ts";

const shared = sharedServer(startContainer);
beforeAll(shared.start, startTimeout);
afterAll(shared.stop, 60_000);

const bytes = (text: string) => new TextEncoder().encode(text);
const nextPath = () => crypto.randomUUID();
const client = new BlobServiceClient("https://nobody.blob.core.windows.net");

describe("construction", () => {
  test.for<[string, unknown, RegExp]>([
    ["no options", undefined, /options must be an object, got undefined/],
    ["no client", { container: "c" }, /client must be a BlobServiceClient, got undefined/],
    [
      "the client of a container",
      { client: client.getContainerClient("c"), container: "c" },
      /client must be a BlobServiceClient, got an object/,
    ],
    ["no container", { client }, /container must be the name of a container, got undefined/],
    ["an empty container", { client, container: "" }, /container .* got an empty string/],
    ["a path that is no string", { client, container: "c", path: 5 }, /path must be a string, got a number/],
    [
      "a path that leaves no room for keys",
      { client, container: "c", path: "a".repeat(256) },
      /path must have at most 255 characters/,
    ],
    [
      "a path that Azure would not keep",
      { client, container: "c", path: "a./b" },
      /path must not have a dot at the end of a segment/,
    ],
    ["a name that is no string", { client, container: "c", name: null }, /name must be .* got null/],
    [
      "an option that is not known",
      { client, container: "c", prefix: "x" },
      /unknown option "prefix"; known are client, container/,
    ],
  ])("refuses %s with a TypeError that says what is wrong", ([, options, message]) => {
    const construct = () => new AzureBlobBackend(options as AzureBlobOptions);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });

  test("has what Azure does natively, and nothing that would only loop", () => {
    const backend = new AzureBlobBackend({ client, container: "c" });
    const capabilities = ["swap", "getMany", "putMany", "deleteMany", "list", "ping", "expiryGranularityMs"];
    expect(capabilities.filter((name) => name in backend)).toEqual(["swap", "deleteMany", "list", "ping"]);
    expect(Symbol.asyncDispose in backend, "it opened nothing").toBe(false);
    expect(backend).toMatchObject({ name: "azure", maxValueBytes: 5_000 * 1024 ** 2, client });
  });
});

describe("a blob in the container", () => {
  test("is found below the path, whatever slashes it is given with", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    for (const spelling of [`${path}/deep/er`, `/${path}/deep//er/`]) {
      const backend = await store.connect({ path: spelling });
      await backend.put("ns/_/abc", bytes(spelling));
      expect(await textOf(store, `${path}/deep/er/ns/_/abc`)).toBe(spelling);
    }
  });

  test("says to the millisecond when it expires, and that nobody between may keep it", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    const backend = await store.connect({ path });
    await backend.put("a", bytes("a"), { expiresAt: Date.parse("2030-01-01T00:01:30.500Z") });
    const properties = await blobOf(store, `${path}/a`).getProperties();
    expect(properties).toMatchObject({
      metadata: { expiresat: "2030-01-01T00:01:30.500Z" },
      cacheControl: "no-store",
      contentType: "application/octet-stream",
    });
    await backend.put("a", bytes("a"));
    expect((await blobOf(store, `${path}/a`).getProperties()).metadata).toEqual({});
  });

  test.for([0, -5, Number.MAX_SAFE_INTEGER, Infinity])("takes the expiry %s", async (expiresAt, context) => {
    const backend = await shared.orSkip(context).connect({ path: nextPath() });
    await backend.put("a", bytes("a"), { expiresAt });
    expect(await backend.get("a")).toEqual(bytes("a"));
  });

  test("is deleted with its snapshots", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    const backend = await store.connect({ path });
    for (const key of ["a", "b"]) {
      await backend.put(key, bytes(key));
      await blobOf(store, `${path}/${key}`).createSnapshot();
    }
    await backend.delete("a");
    await backend.deleteMany(["b", "c"]);
    expect(await Array.fromAsync(backend.list(""))).toEqual([]);
  });

  test("goes by a rule of the account", () => {
    expect(lifecycleRule({ container: "my-container", path: "/answers", days: 30 })).toEqual({
      enabled: true,
      name: "llmcache",
      type: "Lifecycle",
      definition: {
        actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 30 } } },
        filters: { blobTypes: ["blockBlob"], prefixMatch: ["my-container/answers/"] },
      },
    });
    expect(() => lifecycleRule({ container: "c", days: 0 })).toThrow(
      /days must be a whole number above 0, got a number/,
    );
    expect(() => lifecycleRule({ container: "", days: 1 })).toThrow(/container must be the name of a container/);
  });
});

describe("keys", () => {
  test("are kept apart, found and deleted, whatever is in them and in the path", async (context) => {
    const store = shared.orSkip(context);
    const backend = await store.connect({ path: `${nextPath()}/a b+c%2F&<ü>'"` });
    const keys = ["a", "a/b", "a/b.", "a/./b", "a/../b", "a//b", "a/b/", "a-_.z", "a/b..", "0".repeat(512)];
    for (const key of keys) await backend.put(key, bytes(key));
    for (const key of keys) expect(await backend.get(key)).toEqual(bytes(key));
    expect((await Array.fromAsync(backend.list(""))).toSorted()).toEqual(keys.toSorted());
    expect((await Array.fromAsync(backend.list("a/b"))).toSorted()).toEqual(["a/b", "a/b.", "a/b..", "a/b/"]);
    expect(await Array.fromAsync(backend.list("a/./"))).toEqual(["a/./b"]);
    await backend.deleteMany(keys.slice(1));
    expect(await Array.fromAsync(backend.list(""))).toEqual(["a"]);
  });

  test("have names that Azure keeps as they are, one each, with the prefixes of the keys", () => {
    const anyKey = fc.string({ unit: fc.constantFrom("a", ".", "/", "~"), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(anyKey, fc.nat(12), (key, length) => {
        const name = blobNameOf(key);
        expect(keyOf(name)).toBe(key);
        expect(name.split("/").filter((segment) => segment === "" || segment.endsWith("."))).toEqual([]);
        expect(name.startsWith(blobPrefixOf(key.slice(0, length)))).toBe(true);
      }),
    );
  });

  test("of others who use the container are neither listed nor deleted", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    const mine = await store.connect({ path });
    const sibling = await store.connect({ path: `${path}-2` });
    await mine.put("a", bytes("mine"));
    await sibling.put("a", bytes("theirs"));
    expect(await Array.fromAsync(mine.list(""))).toEqual(["a"]);
    await mine.deleteMany(["a"]);
    expect(await sibling.get("a")).toEqual(bytes("theirs"));
  });
});

describe("the container", () => {
  test.for<[string, (backend: AzureBlobBackend) => Promise<unknown>, unknown]>([
    ["get", (backend) => backend.get("a"), undefined],
    ["put", (backend) => backend.put("a", bytes("a")), undefined],
    ["swap", (backend) => backend.swap("a", undefined, bytes("a")), true],
    ["delete", (backend) => backend.delete("a"), undefined],
    ["deleteMany", (backend) => backend.deleteMany(["a", "b"]), undefined],
    ["list", (backend) => Array.fromAsync(backend.list("")), []],
    ["ping", (backend) => backend.ping(), undefined],
  ])("is made by a %s that finds it missing, also by several at once", async ([, operation, result], context) => {
    const store = shared.orSkip(context);
    const container = `llmcache-${crypto.randomUUID()}`;
    const backends = await Promise.all([store.connect({ container }), store.connect({ container })]);
    const account = BlobServiceClient.fromConnectionString(store.connectionString).getContainerClient(container);
    context.onTestFinished(() => void account.deleteIfExists());
    expect(await operation(backends[0])).toEqual(result);
    expect(await account.exists()).toBe(true);
    await account.delete();
    await Promise.all(backends.flatMap((backend, index) => [backend.put(`${index}`, bytes("a")), backend.get("x")]));
    expect(await backends[0].get("1")).toEqual(bytes("a"));
  });
});

describe("connections", () => {
  test(
    "are used again after hits, misses, refused swaps, errors and listings",
    { timeout: 30_000 },
    async (context) => {
      const store = shared.orSkip(context);
      await checkConnectionReuse(store.endpoint, async (endpoint) => {
        const backend = await store.connect({ endpoint, path: nextPath() });
        return { backend, failing: new AzureBlobBackend({ client: backend.client, container: "No_Container" }) };
      });
    },
  );
});

describe("swap", () => {
  test("knows its own write again when the answer to it was lost and the SDK repeats it", async (context) => {
    const store = shared.orSkip(context);
    const proxy = await startFaultProxy(store);
    context.onTestFinished(() => proxy.stop());
    const path = nextPath();
    const backend = await store.connect({ endpoint: proxy.endpoint, path });
    const direct = await store.connect({ path });
    await proxy.set("stall");
    const swapped = backend.swap("a", undefined, bytes("mine"));
    await expect.poll(() => direct.get("a"), { timeout: 10_000 }).toEqual(bytes("mine"));
    await proxy.set("refuse");
    await proxy.set("pass");
    expect(await swapped).toBe(true);
    expect(await backend.swap("a", undefined, bytes("again"))).toBe(false);
  });
});

describe("what is wrong with the account or the container", () => {
  test.for<[string, (store: TestContainer) => ReturnType<TestContainer["connect"]>, RegExp]>([
    [
      "a container that is not there, and may not be created",
      (store) => store.connect({ container: "no-such-container", ...sas(store, "no-such-container", "racwdl") }),
      /container no-such-container is not there, and these credentials may not create it/,
    ],
    [
      "a key that is wrong",
      (store) => store.connect({ accountKey: "bm8=" }),
      /denies access .*see that the key is right/,
    ],
    [
      "a SAS token that may not do it",
      (store) => store.connect(sas(store, store.container, "x")),
      /denies access .*: grant the identity the role Storage Blob Data Contributor/,
    ],
    [
      "a name that no container can have",
      (store) => store.connect({ container: "No_Container" }),
      /No_Container can be no container's name/,
    ],
    [
      "an address where nobody listens",
      (store) => store.connect({ endpoint: "http://127.0.0.1:1" }),
      /account of the container .* cannot be reached/,
    ],
  ])(
    "%s is one clear event for a call, which is answered, and an error that says what to do",
    async ([, connect, message], context) => {
      await checkExplanation(await connect(shared.orSkip(context)), message);
    },
  );

  test("a SAS token that may not list is told as such, and nothing else is amiss", async (context) => {
    const store = shared.orSkip(context);
    const backend = await store.connect({ path: nextPath(), ...sas(store, store.container, "racwd") });
    await backend.put("a", bytes("a"));
    expect(await backend.swap("a", bytes("a"), bytes("b"))).toBe(true);
    expect(await backend.get("a")).toEqual(bytes("b"));
    expect(await backend.get("missing")).toBeUndefined();
    const advice = /denies access to the container .* the SAS token the permissions racwdl/;
    await expect(Array.fromAsync(backend.list(""))).rejects.toThrow(advice);
    await expect(backend.ping()).rejects.toThrow(advice);
    await using cache = new Cache({ backend, readTimeout: 20 });
    await expect(cache.clear()).rejects.toMatchObject({ cause: { message: expect.stringMatching(advice) } });
  });

  test("a batch that may not be deleted rejects, and says what to do", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    const backend = await store.connect({ path });
    for (const key of ["a", "b"]) await backend.put(key, bytes(key));
    const reader = await store.connect({ path, ...sas(store, store.container, "rl") });
    await expect(reader.deleteMany(["a", "b"])).rejects.toThrow(/denies access to the container/);
    expect((await Array.fromAsync(backend.list(""))).toSorted()).toEqual(["a", "b"]);
  });

  test("is nothing for a SAS token with the permissions that the README names", async (context) => {
    const store = shared.orSkip(context);
    const backend = await store.connect({ path: nextPath(), ...sas(store, store.container, "racwdl") });
    await backend.ping();
    await backend.put("a", bytes("a"));
    expect(await Array.fromAsync(backend.list(""))).toEqual(["a"]);
    await backend.deleteMany(["a", "b"]);
    expect(await backend.get("a")).toBeUndefined();
  });
});

function sas(store: TestContainer, container: string, permissions: string) {
  const credential = new StorageSharedKeyCredential(store.accountName, store.accountKey);
  const values = {
    containerName: container,
    permissions: ContainerSASPermissions.parse(permissions),
    expiresOn: new Date(Date.now() + 3_600_000),
  };
  return { accountKey: undefined, sasToken: generateBlobSASQueryParameters(values, credential).toString() };
}

function blobOf(store: TestContainer, name: string) {
  const account = BlobServiceClient.fromConnectionString(store.connectionString);
  return account.getContainerClient(store.container).getBlobClient(name);
}

async function textOf(store: TestContainer, name: string): Promise<string> {
  return (await blobOf(store, name).downloadToBuffer()).toString();
}

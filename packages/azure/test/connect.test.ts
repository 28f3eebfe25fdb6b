import { once } from "node:events";
import { createServer as createHttpServer, type Server, type ServerResponse } from "node:http";
import { Agent, createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { AccountSASPermissions, BlobServiceClient, type StoragePipelineOptions } from "@azure/storage-blob";
import { type ConnectAzureOptions, connectAzure } from "@llmcache/azure";
import { makeCertificates, sharedServer, startTimeout } from "@llmcache/test-servers";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startContainer } from "./container.ts";

const shared = sharedServer(startContainer);
beforeAll(shared.start, startTimeout);
afterAll(shared.stop, 60_000);

const variables = [
  "AZURE_STORAGE_CONTAINER",
  "AZURE_STORAGE_CONNECTION_STRING",
  "AZURE_STORAGE_ACCOUNT",
  "AZURE_STORAGE_KEY",
  "AZURE_STORAGE_SAS_TOKEN",
];

beforeEach(() => {
  for (const name of variables) vi.stubEnv(name, undefined);
  return () => vi.unstubAllEnvs();
});

const bytes = (text: string) => new TextEncoder().encode(text);
const container = "c";

describe("options", () => {
  test.for<[string, unknown, RegExp]>([
    [
      "no container",
      {},
      /container must be the name of a container, or the variable AZURE_STORAGE_CONTAINER must hold it/,
    ],
    ["a container that is no string", { container: 5 }, /container must be of type string, got a number/],
    ["no account", { container }, /connectionString, accountUrl or accountName must name the account, or the variable/],
    [
      "an account URL that is none",
      { container, accountUrl: "my account" },
      /connectionString, accountUrl or accountName must name/,
    ],
    [
      "two accounts",
      { container, connectionString: "x", accountName: "y" },
      /connectionString holds the account, so accountUrl and accountName must not be given/,
    ],
    [
      "a connection string that is none",
      { container, connectionString: "x" },
      /connectionString must be the connection string of a storage account/,
    ],
    [
      "a credential that is a string",
      { container, credential: "x" },
      /credential must be of type object, got a string/,
    ],
    ["an option of LiteLLM's own spelling", { account_url: "x" }, /unknown option "account_url"; known are container/],
    ["a client", { container, client: {} }, /unknown option "client"/],
  ])("refuse %s with a TypeError that says what is wrong", async ([, options, message]) => {
    const connecting = connectAzure(options as ConnectAzureOptions);
    await expect(connecting).rejects.toThrow(TypeError);
    await expect(connecting).rejects.toThrow(message);
  });

  test.for<[string, ConnectAzureOptions, string]>([
    ["a name", { accountName: "myaccount", accountKey: "eA==" }, "https://myaccount.blob.core.windows.net/"],
    ["a URL", { accountUrl: "https://store.example", accountKey: "eA==" }, "https://store.example/"],
    ["a URL with a SAS token", { accountUrl: "https://a.example/?sv=1&sig=x" }, "https://a.example/?sv=1&sig=x"],
    [
      "a SAS token with its question mark",
      { accountName: "a", sasToken: "?sv=1&sig=x" },
      "https://a.blob.core.windows.net/?sv=1&sig=x",
    ],
  ])("reach the account by %s", async ([, options, url]) => {
    await using backend = await connectAzure({ container, ...options });
    expect(backend.client.url).toBe(url);
  });
});

describe("credentials", () => {
  test("may be a connection string, a shared key or a SAS token, each from the options or the environment", async (context) => {
    const store = shared.orSkip(context);
    const { connectionString, accountName, accountKey, endpoint } = store;
    const account = BlobServiceClient.fromConnectionString(connectionString);
    const sasUrl = account.generateAccountSasUrl(
      new Date(Date.now() + 3_600_000),
      AccountSASPermissions.parse("rwdlac"),
      "sco",
    );
    const sasToken = new URL(sasUrl).search;
    const inEnvironment = async (values: Readonly<Record<string, string>>, options: ConnectAzureOptions = {}) => {
      for (const [name, value] of Object.entries({ AZURE_STORAGE_CONTAINER: store.container, ...values }))
        vi.stubEnv(name, value);
      const backend = await connectAzure(options);
      for (const name of variables) vi.stubEnv(name, undefined);
      return backend;
    };
    const backends = [
      await connectAzure({ container: store.container, connectionString }),
      await connectAzure({ container: store.container, accountUrl: endpoint, accountKey }),
      await connectAzure({ container: store.container, accountUrl: endpoint, accountName, accountKey }),
      await connectAzure({ container: store.container, accountUrl: endpoint, sasToken }),
      await connectAzure({ container: store.container, accountUrl: `${endpoint}${sasToken}` }),
      await inEnvironment({ AZURE_STORAGE_CONNECTION_STRING: connectionString }),
      await inEnvironment({ AZURE_STORAGE_KEY: accountKey }, { accountUrl: endpoint }),
      await inEnvironment(
        { AZURE_STORAGE_ACCOUNT: accountName, AZURE_STORAGE_KEY: accountKey },
        { accountUrl: endpoint },
      ),
      await inEnvironment({ AZURE_STORAGE_SAS_TOKEN: sasToken }, { accountUrl: endpoint }),
      await inEnvironment(
        { AZURE_STORAGE_CONNECTION_STRING: "none", AZURE_STORAGE_KEY: "bm8=" },
        { accountUrl: endpoint, sasToken },
      ),
    ];
    for (const [index, backend] of backends.entries()) {
      await backend.put(`key-${index}`, bytes(`${index}`));
      expect(await backend.get(`key-${index}`)).toEqual(bytes(`${index}`));
      await backend[Symbol.asyncDispose]();
    }
  });
});

test("a backend shows no credentials where it is printed", async () => {
  await using backend = await connectAzure({ container: "c", accountName: "a", accountKey: "czNjcmV0" });
  const shown = inspect(backend, { depth: 20, showHidden: true });
  expect(shown).not.toMatch(/czNjcmV0|73 33 63 72 65 74/);
  expect(JSON.stringify(backend)).not.toContain("czNjcmV0");
});

test("requests go through the proxy that the environment names", async () => {
  const asked: string[] = [];
  const proxy = createHttpServer((incoming, outgoing) => {
    asked.push(incoming.url ?? "");
    outgoing
      .writeHead(200, { "content-type": "application/xml" })
      .end("<EnumerationResults><Blobs /></EnumerationResults>");
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  vi.stubEnv("HTTP_PROXY", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  vi.stubEnv("NO_PROXY", "");
  await using backend = await connectAzure({ container: "c", accountUrl: "http://blob.invalid/a", accountKey: "eA==" });
  vi.unstubAllEnvs();
  await backend.ping();
  expect(asked).toEqual([expect.stringMatching(/^http:\/\/blob\.invalid\/a\/c/)]);
  proxy.close();
});

describe("an identity", () => {
  let authority: string;
  let authorizations: (string | undefined)[] = [];
  /** Azure wants tokens over TLS only. */
  let account: Server;
  /** As machines in Azure have one. */
  let identity: Server;
  let tokensAskedFor = 0;
  let answerWithToken: () => Promise<void>;
  const urlOf = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`;

  beforeAll(async () => {
    const { ca, certificate: cert, key } = (await makeCertificates()).forServers;
    authority = ca;
    account = createHttpsServer({ key, cert }, (request, reply) => {
      authorizations.push(request.headers.authorization);
      reply.setHeader("content-type", "application/xml");
      reply.end('<?xml version="1.0"?><EnumerationResults><Blobs /><NextMarker /></EnumerationResults>');
    });
    identity = createHttpServer((_, reply) => {
      tokensAskedFor++;
      void answerWithToken().then(() => sendToken(reply));
    });
    const sendToken = (reply: ServerResponse) => {
      const expires = Math.floor(Date.now() / 1000) + 3_600;
      reply.setHeader("content-type", "application/json");
      reply.end(
        JSON.stringify({ access_token: "a-token", expires_on: expires, resource: "storage", token_type: "Bearer" }),
      );
    };
    for (const server of [account, identity]) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
  });

  afterAll(() => {
    for (const server of [account, identity]) {
      server.closeAllConnections();
      server.close();
    }
  });

  beforeEach(() => {
    authorizations = [];
    tokensAskedFor = 0;
    answerWithToken = () => Promise.resolve();
    vi.stubEnv("IDENTITY_ENDPOINT", `http://${urlOf(identity)}/token`);
    vi.stubEnv("IDENTITY_HEADER", "x");
    vi.stubEnv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential");
  });

  const connect = () => {
    // The SDK takes an agent that its types do not name.
    const config = { agent: new Agent({ ca: authority }) } as StoragePipelineOptions;
    return connectAzure({ container, accountUrl: `https://${urlOf(account)}`, config });
  };

  test("is found as @azure/identity finds it, where nothing else is given", { timeout: 20_000 }, async () => {
    const backend = await connect();
    await backend.ping();
    await backend.ping();
    expect(authorizations).toEqual(["Bearer a-token", "Bearer a-token"]);
  });

  test("is not sent to an account whose certificate is not known", { timeout: 20_000 }, async () => {
    await using backend = await connectAzure({ container, accountUrl: `https://${urlOf(account)}` });
    await expect(backend.ping()).rejects.toThrow(/certificate of the account .* is not known here: name the file/);
    expect(authorizations).toEqual([]);
  });

  test("may take longer for a token than one read has: a later one finds it", { timeout: 20_000 }, async () => {
    const { promise: issued, resolve: issue } = Promise.withResolvers<void>();
    answerWithToken = () => issued;
    const backend = await connect();
    await expect(backend.ping({ signal: AbortSignal.timeout(500) })).rejects.toMatchObject({ name: "TimeoutError" });
    issue();
    await expect.poll(() => backend.ping().then(() => authorizations), { timeout: 10_000 }).toContain("Bearer a-token");
    expect(tokensAskedFor).toBe(1);
  });

  test(
    "whose token never comes is given up also where the caller has set no deadline",
    { timeout: 20_000 },
    async () => {
      answerWithToken = () => new Promise(() => undefined);
      await using backend = await connect();
      const controller = new AbortController();
      const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(controller.signal);
      const outcome = backend.ping().catch((error: unknown) => error);
      timeout.mockRestore();
      controller.abort(new Error("30 s are over"));
      expect(await outcome).toMatchObject({ message: "30 s are over" });
    },
  );
});

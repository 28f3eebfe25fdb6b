import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { connectGcs, type ConnectGcsOptions } from "@llmcache/gcs";
import { JWT } from "google-auth-library";
import { type LocalGcs, startLocalGcs } from "@llmcache/test-servers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

// For a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });
const patience = { timeout: 20_000 };

const bytes = (text: string) => new TextEncoder().encode(text);

let gcs: LocalGcs;
let folder: string;
let files = 0;
beforeAll(async () => {
  gcs = await startLocalGcs({ buckets: ["cache"], requireToken: true });
  folder = await mkdtemp(join(tmpdir(), "llmcache-gcs-"));
});
afterAll(async () => {
  await gcs.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  for (const name of ["GCS_BUCKET_NAME", "GCS_PATH_SERVICE_ACCOUNT", "GOOGLE_APPLICATION_CREDENTIALS"]) {
    vi.stubEnv(name, undefined);
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function fileOf(content: unknown): Promise<string> {
  const path = join(folder, `${files++}.json`);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** Google's library asks for tokens at one address only, so requests to that are sent on: they, and what comes back, are as they are. */
function askingAt(tokenEndpoint: string, timeout?: number): NonNullable<ConnectGcsOptions["config"]> {
  return {
    clientOptions: {
      transporterOptions: {
        adapter: (request, send) => {
          expect(request.url.href).toBe("https://oauth2.googleapis.com/token");
          return send({ ...request, url: new URL(tokenEndpoint) });
        },
        ...(timeout === undefined ? {} : { timeout }),
      },
    },
  };
}

const connect = (options?: ConnectGcsOptions) =>
  connectGcs({
    bucket: "cache",
    apiEndpoint: gcs.endpoint,
    ...options,
    config: { ...askingAt(gcs.tokenEndpoint), ...options?.config },
  });

const tokensAsked = () => gcs.requests.filter(({ path }) => path === "/token").length;

describe("a service account", () => {
  test("is the one in the key file: its JWT is exchanged once for a token, and the token sent with each request", async () => {
    await using backend = await connect({ keyFilename: await fileOf(gcs.createAccount()) });
    const before = tokensAsked();
    await Promise.all(["a", "b", "c"].map((key) => backend.put(key, bytes(key))));
    expect(await backend.get("a")).toEqual(bytes("a"));
    expect(tokensAsked() - before).toBe(1);
  });

  test("comes from the variables that LiteLLM reads", async () => {
    vi.stubEnv("GCS_BUCKET_NAME", "cache");
    vi.stubEnv("GCS_PATH_SERVICE_ACCOUNT", await fileOf(gcs.createAccount()));
    await using backend = await connectGcs({ apiEndpoint: gcs.endpoint, config: askingAt(gcs.tokenEndpoint) });
    await backend.ping();
  });

  test("is given in words as well", async () => {
    const { client_email, private_key } = gcs.createAccount();
    vi.stubEnv("GCS_PATH_SERVICE_ACCOUNT", "/nowhere/key.json");
    await using backend = await connect({ credentials: { client_email, private_key } });
    await backend.ping();
  });

  test("is one of the SDK's own options, which win", async () => {
    const { client_email: email, private_key: key } = gcs.createAccount();
    const scopes = "https://www.googleapis.com/auth/cloud-platform";
    const options = { email, key, scopes };
    const authClient = new JWT(Object.assign(options, askingAt(gcs.tokenEndpoint).clientOptions));
    await using backend = await connect({
      keyFilename: await fileOf({ ...gcs.createAccount(), client_email: "nobody@example.com" }),
      config: { authClient },
    });
    await backend.ping();
  });

  test("whose key is another's gives one clear error, without anything of the key in it", async () => {
    const { private_key } = gcs.createAccount();
    await using backend = await connect({ keyFilename: await fileOf({ ...gcs.createAccount(), private_key }) });
    const error = await backend.get("a").catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/Google does not accept the service account: see whether its key file is current/);
    expect(String(error)).toMatch(/invalid_grant: Invalid JWT Signature/);
    expect(String(error)).not.toMatch(/BEGIN|eyJ/);
  });

  test("whose token is refused gives an error that names the bucket", async () => {
    await using backend = await connect({ keyFilename: await fileOf(gcs.createAccount()) });
    await backend.ping();
    gcs.revokeTokens();
    await expect(backend.ping()).rejects.toThrow(/Google does not accept the credentials for the bucket cache/);
  });

  test("is not shown where the backend is printed", async () => {
    const account = gcs.createAccount();
    await using backend = await connect({ keyFilename: await fileOf(account) });
    await backend.ping();
    const shown = inspect(backend, { depth: 20, showHidden: true }) + JSON.stringify(backend);
    expect(shown).not.toContain(account.private_key.slice(100, 140));
    expect(shown).not.toMatch(/Bearer|PRIVATE KEY/);
  });

  test("is not needed to be turned away: who sends no token is told so", async () => {
    await using backend = await connect();
    await expect(backend.put("a", bytes("a"))).rejects.toThrow(/does not accept the credentials .*Anonymous caller/);
  });

  test("whose token never comes costs the caller no more than their deadline, and all the others no more than the timeout", async () => {
    const sockets = new Set<Socket>();
    const hole = createServer((socket) => void sockets.add(socket.on("error", () => undefined).resume()));
    hole.listen(0, "127.0.0.1");
    await once(hole, "listening");
    const tokenEndpoint = `http://127.0.0.1:${(hole.address() as AddressInfo).port}/token`;
    const keyFilename = await fileOf(gcs.createAccount());
    await using backend = await connect({ keyFilename, config: askingAt(tokenEndpoint, 400) });
    const reason = new Error("enough");
    const controller = new AbortController();
    const impatient = backend.get("a", { signal: controller.signal });
    const patient = backend.get("a");
    setTimeout(() => controller.abort(reason), 50);
    await expect(impatient).rejects.toBe(reason);
    await expect(patient).rejects.toThrow(/timeout/);
    for (const socket of sockets) socket.destroy();
    hole.close();
  });
});

describe("default credentials", () => {
  const config = { useAuthWithCustomEndpoint: true };

  test("are found by the SDK, in GOOGLE_APPLICATION_CREDENTIALS for one", async () => {
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", await fileOf(gcs.createAccount()));
    await using backend = await connect({ config });
    await backend.put("by-default", bytes("a"));
    expect(await backend.get("by-default")).toEqual(bytes("a"));
  });

  test("that there are none of give one clear error", async () => {
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "");
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    vi.stubEnv("HOME", folder);
    vi.stubEnv("CLOUDSDK_CONFIG", folder);
    await using backend = await connect({ config });
    await expect(backend.get("a")).rejects.toThrow(
      /^There are no credentials for Google Cloud Storage: give the cache a keyFilename/,
    );
  });
});

describe("connectGcs", () => {
  test("sends nothing", async () => {
    const before = gcs.requests.length;
    await using _backend = await connect({ keyFilename: await fileOf(gcs.createAccount()) });
    expect(gcs.requests.length).toBe(before);
  });

  test("gives a backend that closes its connections when it is disposed of", async () => {
    await using server = await startLocalGcs({ buckets: ["cache"] });
    const backend = await connectGcs({ bucket: "cache", apiEndpoint: server.endpoint });
    await backend.put("a", bytes("a"));
    expect(await server.connections()).toBe(1);
    await backend[Symbol.asyncDispose]();
    await expect.poll(server.connections, patience).toBe(0);
  });

  test.for<[string, unknown, RegExp]>([
    ["no bucket", { bucket: undefined }, /bucket must be the name of a bucket, or the variable GCS_BUCKET_NAME must/],
    ["a bucket that is no string", { bucket: 5 }, /bucket must be of type string, got a number/],
    ["null as the SDK's options", { config: null }, /config must be of type object, got null/],
    ["an option that is not known", { keyFile: "x" }, /unknown option "keyFile"; known are bucket/],
    ["credentials that are a token", { credentials: { token: "x" } }, /credentials has no "client_email"/],
    ["a path to nothing", { keyFilename: "/nowhere/key.json" }, /keyFilename .* file that can be read \(ENOENT\)/],
  ])("refuses %s with a TypeError that says what is wrong", async ([, options, message]) => {
    const connecting = () => connectGcs({ bucket: "cache", ...(options as ConnectGcsOptions) });
    await expect(connecting()).rejects.toThrow(TypeError);
    await expect(connecting()).rejects.toThrow(message);
  });

  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  test.for<[string, unknown, RegExp]>([
    ["no JSON", "-----BEGIN PRIVATE KEY-----", /must be a JSON file of credentials, with their "type"/],
    ["JSON that is no object", "null", /must be a JSON file of credentials/],
    ["an account without an address", { type: "service_account", private_key: "x" }, /that has no "client_email"/],
    [
      "an account whose key is cut off",
      { type: "service_account", client_email: "a@b", private_key: "-----BEGIN PRIVATE KEY-----\nMIIE" },
      /that has no valid "private_key"/,
    ],
    [
      "an account with a key of another kind",
      {
        type: "service_account",
        client_email: "a@b",
        private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
      },
      /that has no valid "private_key"/,
    ],
  ])("refuses a key file that is %s, and says where its path came from", async ([, content, message]) => {
    const keyFilename = await fileOf(content);
    await expect(connect({ keyFilename })).rejects.toThrow(message);
    await expect(connect({ keyFilename })).rejects.toThrow(/^connectGcs: keyFilename /);
    vi.stubEnv("GCS_PATH_SERVICE_ACCOUNT", keyFilename);
    await expect(connect()).rejects.toThrow(/^connectGcs: the variable GCS_PATH_SERVICE_ACCOUNT /);
  });

  test("takes a file of another kind of credentials as it is", async () => {
    vi.spyOn(console, "warn").mockReturnValueOnce();
    const keyFilename = await fileOf({
      type: "authorized_user",
      client_id: "a",
      client_secret: "b",
      refresh_token: "c",
    });
    await using _backend = await connect({ keyFilename });
  });
});

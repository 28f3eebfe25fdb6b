import { serverOrSkip, startRedis } from "@llmcache/test-servers";
import { GoogleAuth, OAuth2Client } from "google-auth-library";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { awsCredentials, azureCredentials, type ConnectRedisOptions, gcpCredentials } from "@llmcache/redis";
import { readEnvironment } from "../src/environment.ts";
import { withEnvironment } from "../src/options-from-environment.ts";
import { connect, rejectionOf } from "./support/connect.ts";

/** A service of a cloud that hands out tokens, on this machine. */
async function startTokenService(answer: (request: IncomingMessage) => object): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer(request)));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A client of Google that is signed in, and whose calls go to another address. */
function googleClient(url: string): OAuth2Client {
  const client = new OAuth2Client({
    transporterOptions: {
      fetchImplementation: (input, init) =>
        fetch(url + new URL(String(input instanceof Request ? input.url : input)).pathname, init),
    },
  });
  client.setCredentials({ access_token: "token of the machine", expiry_date: Date.now() + 3_600_000 });
  return client;
}

test("Google: the token of the default credentials", async () => {
  const client = googleClient("http://127.0.0.1:1");
  const provide = gcpCredentials({ auth: new GoogleAuth({ authClient: client }) });
  expect(await provide()).toEqual({ password: "token of the machine", expiresAt: client.credentials.expiry_date });
});

test("Google: the token of a service account, which signs in to Redis", { timeout: 60_000 }, async (context) => {
  const asked: string[] = [];
  const expireTime = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
  const url = await startTokenService((request) => {
    asked.push(`${request.headers.authorization} ${request.url}`);
    return { accessToken: "token of the account", expireTime: expireTime.toISOString() };
  });
  const auth = new GoogleAuth({ authClient: googleClient(url) });
  const serviceAccount = "projects/-/serviceAccounts/cache@project.iam.gserviceaccount.com";
  const provide = gcpCredentials({ auth, serviceAccount });
  expect(await provide()).toEqual({ password: "token of the account", expiresAt: expireTime.getTime() });
  expect(asked).toEqual([`Bearer token of the machine /v1/${serviceAccount}:generateAccessToken`]);
  const server = await serverOrSkip(context, () => startRedis({ password: "token of the account" }));
  await (await connect({ host: server.host, port: server.port, credentials: provide })).ping();
});

const objectId = "5c2d2d2f-9f0e-4d7e-8d55-000000000000";

test(
  "Azure: the token of a managed identity, whose object id is the user name",
  { timeout: 60_000 },
  async (context) => {
    const claims = Buffer.from(JSON.stringify({ oid: objectId })).toString("base64url");
    const token = `e30.${claims}.signature`;
    const url = await startTokenService((request) => {
      const resource = new URL(request.url ?? "", "http://localhost").searchParams.get("resource");
      expect(resource).toBe("https://redis.azure.com");
      expect(request.headers["x-identity-header"]).toBe("header");
      return {
        access_token: token,
        expires_on: `${Math.floor(Date.now() / 1000) + 3600}`,
        resource,
        token_type: "Bearer",
      };
    });
    // As App Service tells its programs: the identity of the machine is all that there is.
    vi.stubEnv("IDENTITY_ENDPOINT", `${url}/token`);
    vi.stubEnv("IDENTITY_HEADER", "header");
    vi.stubEnv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential");
    onTestFinished(() => void vi.unstubAllEnvs());
    const server = await serverOrSkip(context, () => startRedis({ own: true }));
    await server.command("ACL", "SETUSER", objectId, "on", `>${token}`, "~*", "+@all");
    const backend = await connect({ host: server.host, port: server.port, credentials: azureCredentials() });
    await backend.ping();
    expect(await server.command("CLIENT", "LIST")).toContain(`user=${objectId}`);
  },
);

test("Azure: a user name that was given, and a token that names nobody", async () => {
  const credential = { getToken: async () => ({ token: "opaque", expiresOnTimestamp: 5 }) };
  expect(await azureCredentials({ credential, username: "me" })()).toEqual({
    username: "me",
    password: "opaque",
    expiresAt: 5,
  });
  await expect(azureCredentials({ credential })()).rejects.toThrow("give the object id as username");
});

test("AWS: a token that is signed as Signature Version 4 wants it", async () => {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret key", sessionToken: "session/+=" };
  const options = { username: "cache-user", cacheName: "answers", region: "eu-central-1", credentials };
  const before = Date.now();
  const { username, password, expiresAt } = await awsCredentials(options)();
  expect(username).toBe("cache-user");
  expect(expiresAt).toBeGreaterThanOrEqual(before + 899_000);
  const url = new URL(`http://${password}`);
  expect(url.host).toBe("answers");
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    ...{ Action: "connect", User: "cache-user", "X-Amz-Expires": "900", "X-Amz-Security-Token": "session/+=" },
    ...{ "X-Amz-SignedHeaders": "host", "X-Amz-Algorithm": "AWS4-HMAC-SHA256" },
  });
  expect(url.searchParams.get("X-Amz-Signature")).toBe(signatureOf(url, "elasticache", credentials.secretAccessKey));

  const serverless = new URL(
    `http://${(await awsCredentials({ ...options, serverless: true, service: "memorydb" })()).password}`,
  );
  expect(serverless.searchParams.get("ResourceType")).toBe("ServerlessCache");
  expect(serverless.searchParams.get("X-Amz-Signature")).toBe(
    signatureOf(serverless, "memorydb", credentials.secretAccessKey),
  );
});

test("AWS: what to sign with is found as the AWS SDK finds it", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDFROMENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  onTestFinished(() => void vi.unstubAllEnvs());
  const provide = awsCredentials({ username: "u", cacheName: "answers", region: "eu-central-1" });
  expect((await provide()).password).toContain("X-Amz-Credential=AKIDFROMENVIRONMENT%2F");
});

const awsEnvironment = {
  REDIS_AWS_IAM_AUTH: "true",
  REDIS_AWS_IAM_USER_NAME: "cache-user",
  REDIS_AWS_IAM_CACHE_NAME: "answers",
  REDIS_AWS_IAM_REGION: "eu-central-1",
};

/** What the environment, and options over it, have somebody sign in with. */
async function signInBy(environment: Record<string, string>, options: ConnectRedisOptions = {}) {
  const { username, password, credentials } = await withEnvironment(options, readEnvironment(environment));
  return { username, password, credentials };
}

function stub(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test("the environment alone signs in to Redis by AWS", { timeout: 60_000 }, async (context) => {
  stub({ AWS_ACCESS_KEY_ID: "AKIDFROMENVIRONMENT", AWS_SECRET_ACCESS_KEY: "secret" });
  const server = await serverOrSkip(context, () => startRedis({ own: true }));
  // No Redis here can check a signature.
  await server.command("ACL", "SETUSER", "cache-user", "on", "nopass", "~*", "+@all");
  const address = { REDIS_HOST: server.host, REDIS_PORT: `${server.port}` };
  const backend = await connect({ environment: { ...address, ...awsEnvironment } });
  await backend.ping();
  expect(await server.command("CLIENT", "LIST")).toContain("user=cache-user");
});

test("AWS by the environment: the token is for the user, the cache and the region that it names", async () => {
  stub({ AWS_ACCESS_KEY_ID: "AKIDFROMENVIRONMENT", AWS_SECRET_ACCESS_KEY: "secret" });
  const given = await signInBy({ ...awsEnvironment, REDIS_AWS_IAM_SERVERLESS: "true", REDIS_USERNAME: "other" });
  // It would be sent beside the token's.
  expect(given.username).toBeUndefined();
  const { username, password } = (await given.credentials?.()) ?? {};
  expect(username).toBe("cache-user");
  expect(password).toMatch(/^answers\/\?Action=connect&User=cache-user&ResourceType=ServerlessCache&/);
  expect(password).toContain("%2Feu-central-1%2Felasticache%2F");
  const { REDIS_AWS_IAM_USER_NAME: _, ...others } = awsEnvironment;
  const usual = await signInBy({ ...others, REDIS_USERNAME: "usual" });
  expect(await usual.credentials?.()).toMatchObject({ username: "usual" });
});

test("AWS by the environment: what is missing beside it is named", async () => {
  for (const missing of ["REDIS_AWS_IAM_USER_NAME", "REDIS_AWS_IAM_CACHE_NAME", "REDIS_AWS_IAM_REGION"]) {
    const error = await rejectionOf(signInBy({ ...awsEnvironment, [missing]: "" }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`${missing} must be set, because REDIS_AWS_IAM_AUTH is`);
  }
});

test("Azure by the environment: the identity of the machine, under the user name that is set", async () => {
  const url = await startTokenService(() => ({
    access_token: `e30.${Buffer.from(JSON.stringify({ oid: objectId })).toString("base64url")}.signature`,
    expires_on: `${Math.floor(Date.now() / 1000) + 3600}`,
    resource: "https://redis.azure.com",
    token_type: "Bearer",
  }));
  stub({
    IDENTITY_ENDPOINT: `${url}/token`,
    IDENTITY_HEADER: "header",
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
  });
  // Of several clouds it goes before AWS.
  const environment = { ...awsEnvironment, REDIS_AZURE_AD_TOKEN: "true" };
  const { credentials } = await signInBy(environment);
  expect(await credentials?.()).toMatchObject({ username: objectId });
  const named = await signInBy({ ...environment, REDIS_USERNAME: "me" });
  expect(named.username).toBeUndefined();
  expect(await named.credentials?.()).toMatchObject({ username: "me" });
});

test("Google by the environment: its library is asked, before all other clouds", async () => {
  stub({ GOOGLE_APPLICATION_CREDENTIALS: "/nowhere/credentials.json" });
  const account = "cache@project.iam.gserviceaccount.com";
  const environment = { ...awsEnvironment, REDIS_AZURE_AD_TOKEN: "true", REDIS_GCP_SERVICE_ACCOUNT: account };
  const { credentials } = await signInBy(environment);
  await expect(credentials?.()).rejects.toThrow(/GOOGLE_APPLICATION_CREDENTIALS/);
});

test("no cloud is asked where the environment says false, or a password or credentials are given", async () => {
  const off = { REDIS_AZURE_AD_TOKEN: "false", REDIS_AWS_IAM_AUTH: "false", REDIS_USERNAME: "me" };
  expect(await signInBy(off)).toEqual({ username: "me", password: undefined, credentials: undefined });
  const own = { username: "me", password: "mine" };
  expect(await signInBy(awsEnvironment, own)).toEqual({ ...own, credentials: undefined });
  expect((await signInBy({ ...awsEnvironment, REDIS_PASSWORD: "set" })).credentials).toBeUndefined();
  const credentials = async () => ({ password: "given" });
  expect(await signInBy({ ...awsEnvironment, REDIS_PASSWORD: "set" }, { credentials })).toMatchObject({
    password: undefined,
    credentials,
  });
});

/** The signature of a presigned URL, made from AWS' own description of it. */
function signatureOf(url: URL, service: string, secret: string): string {
  const parameters = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted();
  const empty = createHash("sha256").digest("hex");
  const request = ["GET", "/", parameters.join("&"), `host:${url.host}\n`, "host", empty].join("\n");
  const [, date = "", region = ""] = url.searchParams.get("X-Amz-Credential")?.split("/") ?? [];
  const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const hashed = createHash("sha256").update(request).digest("hex");
  const scope = `${date}/${region}/${service}/aws4_request`;
  return hmac(key, ["AWS4-HMAC-SHA256", url.searchParams.get("X-Amz-Date"), scope, hashed].join("\n")).toString("hex");
}

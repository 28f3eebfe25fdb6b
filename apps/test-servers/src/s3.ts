import { join } from "node:path";
import process from "node:process";
import { debianLaunch } from "./debian-packages.ts";
import { fetchProgram } from "./fetch-program.ts";
import { startServerProcess } from "./server-process.ts";

/** A server that speaks S3. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  stop(): Promise<void>;
}

/** What `startS3` takes. */
export interface S3Options {
  /** Whether a request with a wrong signature is refused. @default false */
  readonly checkSignatures?: boolean | undefined;
}

const region = "us-east-1";

/**
 * Starts moto, in memory and without a bucket. Address it by path: `forcePathStyle: true`. LLMCACHE_TEST_S3_ENDPOINT names a server to
 * use in its place, with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION.
 *
 * @throws ServerUnavailable where this machine cannot run it.
 */
export async function startS3(options: S3Options = {}): Promise<S3Server> {
  return s3FromEnvironment() ?? (await startMoto(options));
}

async function startMoto({ checkSignatures = false }: S3Options): Promise<S3Server> {
  const program = await fetchProgram("moto");
  const server = await startServerProcess({
    name: "moto",
    launch: ({ port }) => {
      const start = `from moto.server import main; main(["-H", "127.0.0.1", "-p", "${port}"])`;
      return {
        ...debianLaunch(program, "python3", ["-c", start]),
        environment: {
          PYTHONHOME: join(program, "usr"),
          PYTHONPATH: join(program, "usr/lib/python3/dist-packages"),
          PYTHONUNBUFFERED: "1",
          // Making a user whose signatures can be checked takes requests that cannot be.
          ...(checkSignatures ? { INITIAL_NO_AUTH_ACTION_COUNT: String(userActions.length) } : {}),
        },
      };
    },
    ready: async ({ port, output }) =>
      output.includes("Running on") && (await fetch(`http://127.0.0.1:${port}/moto-api/`)).ok,
  });
  const endpoint = `http://127.0.0.1:${server.port}`;
  try {
    const keys = checkSignatures ? await makeUser(endpoint) : { accessKeyId: "test", secretAccessKey: "test" };
    return { endpoint, region, ...keys, stop: server.stop, [Symbol.asyncDispose]: server.stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

const user = { UserName: "llmcache" };

const allowAll = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

const userActions: readonly Readonly<Record<string, string>>[] = [
  { Action: "CreateUser", ...user },
  { Action: "PutUserPolicy", ...user, PolicyName: "all", PolicyDocument: JSON.stringify(allowAll) },
  { Action: "CreateAccessKey", ...user },
];

async function makeUser(endpoint: string): Promise<Pick<S3Server, "accessKeyId" | "secretAccessKey">> {
  let answer = "";
  for (const action of userActions) {
    const response = await fetch(endpoint, {
      method: "POST",
      // By the scope of the signature moto tells which service is asked.
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=none/20260101/${region}/iam/aws4_request, SignedHeaders=host, Signature=none`,
      },
      body: new URLSearchParams({ ...action, Version: "2010-05-08" }),
    });
    answer = await response.text();
    if (!response.ok) throw new Error(`moto answered ${action["Action"]} with ${response.status}: ${answer}`);
  }
  const field = (name: string) => new RegExp(`<${name}>(.+?)</${name}>`).exec(answer)?.[1] ?? "";
  return { accessKeyId: field("AccessKeyId"), secretAccessKey: field("SecretAccessKey") };
}

function s3FromEnvironment(): S3Server | undefined {
  const endpoint = process.env["LLMCACHE_TEST_S3_ENDPOINT"];
  if (!endpoint) return undefined;
  const read = (name: string) => {
    const value = process.env[name];
    if (!value) throw new Error(`LLMCACHE_TEST_S3_ENDPOINT needs ${name} too`);
    return value;
  };
  const stop = () => Promise.resolve();
  return {
    endpoint,
    accessKeyId: read("AWS_ACCESS_KEY_ID"),
    secretAccessKey: read("AWS_SECRET_ACCESS_KEY"),
    region: read("AWS_REGION"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

import { createHash, createHmac } from "node:crypto";
import type { CredentialProvider } from "./credentials.ts";
import { importPeer } from "./import-peer.ts";

/** How to sign in to ElastiCache or MemoryDB as a user of IAM. */
export interface AwsCredentialsOptions {
  /** The user of Redis whose authentication is IAM. */
  readonly username: string;
  /** The name of the replication group, of the serverless cache, or of the cluster of MemoryDB: not its address. */
  readonly cacheName: string;
  readonly region: string;
  /** Whether it is a serverless cache. @default false */
  readonly serverless?: boolean | undefined;
  /** @default "elasticache" */
  readonly service?: "elasticache" | "memorydb" | undefined;
  /** What to sign with. @default what the credential chain of the AWS SDK finds: needs @aws-sdk/credential-provider-node */
  readonly credentials?: AwsIdentity | (() => Promise<AwsIdentity>) | undefined;
}

/** What requests to AWS are signed with, as all providers of its SDK give it. */
export interface AwsIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Longer ones are refused. */
const lifetimeSeconds = 900;

/** Tokens of AWS IAM for ElastiCache and MemoryDB, signed here without asking anybody. Needs @smithy/signature-v4. */
export function awsCredentials(options: AwsCredentialsOptions): CredentialProvider {
  const { username, cacheName, region, serverless = false, service = "elasticache" } = options;
  let identity = options.credentials;
  return async () => {
    identity ??= await defaultIdentity();
    const { SignatureV4 } = await importPeer("@smithy/signature-v4", () => import("@smithy/signature-v4"));
    const signer = new SignatureV4({ service, region, credentials: identity, sha256: Sha256 });
    const signingDate = new Date();
    const { query } = await signer.presign(
      {
        method: "GET",
        protocol: "http:",
        hostname: cacheName,
        path: "/",
        headers: { host: cacheName },
        query: { Action: "connect", User: username, ...(serverless && { ResourceType: "ServerlessCache" }) },
      },
      { expiresIn: lifetimeSeconds, signingDate },
    );
    const parameters = Object.entries(query ?? {}).map(([name, value]) => `${encode(name)}=${encode(String(value))}`);
    return {
      username,
      // The address that was signed, without its protocol.
      password: `${cacheName}/?${parameters.join("&")}`,
      expiresAt: signingDate.getTime() + lifetimeSeconds * 1000,
    };
  };
}

async function defaultIdentity(): Promise<() => Promise<AwsIdentity>> {
  const name = "@aws-sdk/credential-provider-node";
  const { defaultProvider } = await importPeer(name, () => import("@aws-sdk/credential-provider-node"));
  return defaultProvider();
}

/** What the signer has to hash. */
type SourceData = string | ArrayBuffer | ArrayBufferView;

/** RFC 3986, as the signature counts it. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Node's SHA-256, or its HMAC where there is a secret, as the signer wants it. */
class Sha256 {
  readonly #secret: SourceData | undefined;
  #hash: ReturnType<typeof createHash | typeof createHmac>;

  constructor(secret?: SourceData) {
    this.#secret = secret;
    this.#hash = this.#begin();
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): ReturnType<typeof createHash | typeof createHmac> {
    return this.#secret === undefined ? createHash("sha256") : createHmac("sha256", toBytes(this.#secret));
  }
}

function toBytes(data: SourceData): string | Uint8Array {
  if (typeof data === "string") return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

import { checkOptions, describeType } from "@llmcache/core";
import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";

/** TLS, more precisely than whether. Certificates and keys are PEM, as text or bytes. */
export interface RedisTls {
  /** The authority to trust. @default those that Node trusts */
  readonly ca?: string | Uint8Array | undefined;
  /** What this client shows, for a server that asks for it. @default none */
  readonly certificate?: string | Uint8Array | undefined;
  /** The private key that belongs to `certificate`. */
  readonly key?: string | Uint8Array | undefined;
  /** What the key is encrypted with. */
  readonly passphrase?: string | undefined;
  /** Whether the server must prove who it is. Without, anybody on the way can read and change what is sent. @default true */
  readonly verify?: boolean | undefined;
  /** Whether its certificate must be for the name it was connected by. @default true */
  readonly checkHostname?: boolean | undefined;
  /** The name to ask for and to check. @default the host */
  readonly serverName?: string | undefined;
}

const texts = ["ca", "certificate", "key", "passphrase", "serverName"] as const;
const switches = ["verify", "checkHostname"] as const;

/** TLS as Node's own options. @throws {TypeError} for an option that is unknown or wrong */
export function parseTls(field: string, tls: boolean | RedisTls): ConnectionOptions | undefined {
  if (tls === false) return undefined;
  if (tls === true) return {};
  checkOptions(field, tls, [...texts, ...switches] satisfies (keyof RedisTls)[]);
  for (const name of texts) check(`${field}.${name}`, tls[name], "a text", isText);
  for (const name of switches)
    check(`${field}.${name}`, tls[name], "true or false", (value) => typeof value === "boolean");
  const { ca, certificate, key, passphrase, verify = true, checkHostname = true, serverName } = tls;
  return {
    rejectUnauthorized: verify,
    ...(ca !== undefined && { ca: toPem(ca) }),
    ...(certificate !== undefined && { cert: toPem(certificate) }),
    ...(key !== undefined && { key: toPem(key) }),
    ...(passphrase !== undefined && { passphrase }),
    ...(serverName !== undefined && { servername: serverName }),
    ...(!checkHostname && { checkServerIdentity: () => undefined }),
  };
}

/** Reads a file that a variable names. @throws {Error} that names the variable, and not the file's content */
export async function readPem(variable: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`${variable} names a file that cannot be read`, { cause: error });
  }
}

function toPem(value: string | Uint8Array): string | Buffer {
  return typeof value === "string" ? value : Buffer.from(value);
}

function isText(value: unknown): boolean {
  return value instanceof Uint8Array || (typeof value === "string" && value !== "");
}

function check(field: string, value: unknown, wanted: string, isRight: (value: unknown) => boolean): void {
  if (value !== undefined && !isRight(value))
    throw new TypeError(`${field} must be ${wanted}, got ${describeType(value)}`);
}

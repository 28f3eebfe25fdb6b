import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";

/** What a service account signs with. */
export interface ServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string | undefined;
  readonly universe_domain?: string | undefined;
}

/**
 * The service account in a key file; `undefined` for a file of another kind of credentials. `field` is where its path came from.
 *
 * @throws {TypeError} that names the field and what is wrong with the file, and nothing that is in it
 */
export async function readKeyFile(path: string, field: string): Promise<ServiceAccount | undefined> {
  const content = parseObject(await readText(path, field));
  if (typeof content["type"] !== "string") {
    throw new TypeError(`connectGcs: ${field} must be a JSON file of credentials, with their "type"`);
  }
  if (content["type"] !== "service_account") return undefined;
  return checkServiceAccount(content, `${field} is the file of a service account that`);
}

/** @throws {TypeError} as above; `subject` begins its sentence */
export function checkServiceAccount(content: Readonly<Record<string, unknown>>, subject: string): ServiceAccount {
  const { client_email, private_key, private_key_id, universe_domain } = content;
  if (!isText(client_email)) throw new TypeError(`connectGcs: ${subject} has no "client_email"`);
  if (!isText(private_key) || !isPrivateKey(private_key)) {
    throw new TypeError(`connectGcs: ${subject} has no valid "private_key"`);
  }
  return {
    client_email,
    private_key,
    ...(isText(private_key_id) ? { private_key_id } : {}),
    ...(isText(universe_domain) ? { universe_domain } : {}),
  };
}

async function readText(path: string, field: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new TypeError(`connectGcs: ${field} must be the path of a file that can be read (${code})`, { cause: error });
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isPrivateKey(key: string): boolean {
  try {
    return createPrivateKey(key).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

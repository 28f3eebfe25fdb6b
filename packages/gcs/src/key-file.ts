import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";

/**
 * Reads a file of credentials only to see that it can be used: the SDK would find out with the first request, and not say in which file.
 *
 * @throws {TypeError} that names where the path came from and what is wrong with the file, and nothing that is in it
 */
export async function checkKeyFile(path: string, field: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new TypeError(`connectGcs: ${field} must be the path of a file that can be read (${code})`, { cause: error });
  }
  const { type, client_email: email, private_key: key } = parseObject(text);
  if (typeof type !== "string") {
    throw new TypeError(`connectGcs: ${field} must be a JSON file of credentials, with their "type"`);
  }
  if (type !== "service_account") return;
  if (typeof email !== "string" || email === "") {
    throw new TypeError(`connectGcs: ${field} is the file of a service account without its "client_email"`);
  }
  if (!isPrivateKey(key)) {
    throw new TypeError(`connectGcs: ${field} is the file of a service account without a valid "private_key"`);
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

function isPrivateKey(key: unknown): boolean {
  try {
    return typeof key === "string" && createPrivateKey(key).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

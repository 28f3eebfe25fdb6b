import { hasReference } from "./environment.ts";

/** What a member may be called whose value is a secret. */
const secretName =
  /key|hash|token|secret|password|credential|authorization|cookie|signature|connectionstring|headers$/i;

/** Flags and limits may be called so too, and hide nothing. */
const isHarmless = (value: unknown) => typeof value === "boolean" || typeof value === "number" || value === undefined;

const redacted = "[redacted]";

/**
 * A configuration to show. What came from the environment is shown as it was written, `${NAME}`; other secrets, and credentials in URLs, are not.
 *
 * @param value what is in force
 * @param written what the file says in its place
 */
export function redact(value: unknown, written: unknown, isSecret = false): unknown {
  if (hasReference(written)) return isPlainReference(written as string) ? written : redacted;
  // Bytes are keys, and each by itself would pass for a number.
  if (ArrayBuffer.isView(value)) return redacted;
  if (Array.isArray(value)) return value.map((item, index) => redact(item, member(written, index), isSecret));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [
        name,
        // The names of API keys, and of prices' models, are what an operator looks for.
        redact(each, member(written, name), isSecret || (secretName.test(name) && name !== "apiKeys")),
      ]),
    );
  }
  if (isSecret && !isHarmless(value)) return redacted;
  return typeof value === "string" ? withoutUserinfo(value) : value;
}

/** Whether nothing but variables and a scheme such as `Bearer` is in it. */
function isPlainReference(written: string): boolean {
  return /^(?:[A-Za-z]+ )?\$\{\w+\}$/.test(written);
}

function withoutUserinfo(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${redacted}@`);
}

function member(written: unknown, name: string | number): unknown {
  if (typeof written !== "object" || written === null || !Object.hasOwn(written, name)) return undefined;
  return (written as Record<string | number, unknown>)[name];
}

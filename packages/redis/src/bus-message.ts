import type { BusMessage } from "@llmcache/core";

/** A message as the channel carries it. */
export function encodeBusMessage(message: BusMessage): string {
  return JSON.stringify(message);
}

/** What a channel carried, or nothing where that is no message: anybody may publish on a channel, also a later release. */
export function decodeBusMessage(text: string): BusMessage | undefined {
  const message = parseObject(text);
  if (message === undefined || typeof message["from"] !== "string") return undefined;
  const { type, from, key, keys, prefix } = message;
  if (type === "released" && typeof key === "string") return { type, from, key };
  if ((type === "written" || type === "deleted") && isTexts(keys)) return { type, from, keys };
  if (type === "cleared" && typeof prefix === "string") return { type, from, prefix };
  return undefined;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

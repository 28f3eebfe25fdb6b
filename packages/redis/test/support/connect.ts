import { type ConnectRedisOptions, connectRedis, type RedisBackend } from "@llmcache/redis";
import { onTestFinished } from "vitest";

/** A backend of one test. No variable of the machine that runs the tests changes what it connects to. */
export async function connect(options: ConnectRedisOptions): Promise<RedisBackend> {
  const backend = await connectRedis({ environment: {}, ...options });
  onTestFinished(() => backend[Symbol.asyncDispose]());
  return backend;
}

/** The bytes of a text, and the text of bytes. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value);

/** Resolves to what a promise rejects with. */
export async function rejectionOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.then(
    (value) => new Error(`it resolved to ${String(value)}`),
    (error: unknown) => ({ error }),
  );
  if (outcome instanceof Error) throw outcome;
  return outcome.error as Error;
}

import { connectQdrant, type ConnectQdrantOptions, type QdrantSemanticBackend } from "@llmcache/semantic-qdrant";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { onTestFinished } from "vitest";

/** A backend of one test, on a collection of its own. No variable of the machine that runs the tests changes what it connects to. */
export async function connect(options: Partial<ConnectQdrantOptions>): Promise<QdrantSemanticBackend> {
  const backend = await connectQdrant({ embedder: crypto.randomUUID(), dimensions: 4, environment: {}, ...options });
  onTestFinished(() => backend[Symbol.asyncDispose]());
  return backend;
}

/** Resolves to what a promise rejects with. */
export async function rejectionOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.then(
    (value) => new Error(`it resolved to ${String(value)}`),
    (error: unknown) => ({ error }),
  );
  if (outcome instanceof Error) throw outcome;
  return outcome.error as Error;
}

/** An address where nobody listens. */
export async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}

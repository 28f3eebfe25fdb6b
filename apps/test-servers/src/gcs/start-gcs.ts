import { randomUUID } from "node:crypto";
import process from "node:process";
import { startLocalGcs } from "./start-local-gcs.ts";

/** A server of Google Cloud Storage's JSON API, with a bucket for the tests. */
export interface GcsServer extends AsyncDisposable {
  /** For a client's `apiEndpoint`. It needs no credentials. */
  readonly endpoint: string;
  readonly projectId: string;
  readonly bucket: string;
  stop(): Promise<void>;
}

const projectId = "llmcache-test";

/** The server at `LLMCACHE_TEST_GCS_ENDPOINT`, or, where that is not set, one of our own on this machine. */
export async function startGcs(): Promise<GcsServer> {
  const bucket = `llmcache-${randomUUID()}`;
  const { LLMCACHE_TEST_GCS_ENDPOINT: elsewhere = "" } = process.env;
  if (elsewhere === "") {
    const { endpoint, stop } = await startLocalGcs({ buckets: [bucket] });
    return { endpoint, projectId, bucket, stop, [Symbol.asyncDispose]: stop };
  }
  const endpoint = elsewhere.replace(/\/$/, "");
  const reply = await fetch(`${endpoint}/storage/v1/b?project=${projectId}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: bucket }),
  });
  if (!reply.ok) throw new Error(`LLMCACHE_TEST_GCS_ENDPOINT made no bucket: ${reply.status} ${await reply.text()}`);
  // What is in the bucket is left there: it is a server for tests.
  const stop = () => Promise.resolve();
  return { endpoint, projectId, bucket, stop, [Symbol.asyncDispose]: stop };
}

// Serves Google Cloud Storage's API away from the process that is measured, and tells it where.
import process from "node:process";
import { startGcs } from "@llmcache/test-servers";

/** Where the server is. */
export interface GcsPlace {
  readonly endpoint: string;
  readonly projectId: string;
  readonly bucket: string;
}

process.once("message", () => void serve());
process.send?.("ready");

async function serve(): Promise<void> {
  const { endpoint, projectId, bucket } = await startGcs();
  process.send?.({ endpoint, projectId, bucket } satisfies GcsPlace);
}

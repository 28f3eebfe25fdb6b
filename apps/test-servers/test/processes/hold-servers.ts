import { readFileSync } from "node:fs";
import process from "node:process";
import { startAzure, startQdrant, startRedis, startRedisSentinel, startS3 } from "@llmcache/test-servers";

// Starts one of each, says which processes they are, and stays until it is killed.
await Promise.all([
  startRedis({ own: true, search: true }),
  startRedisSentinel(),
  startS3(),
  startAzure(),
  startQdrant({ apiKey: "secret" }),
]);
process.stdout.write(readFileSync(`/proc/${process.pid}/task/${process.pid}/children`));

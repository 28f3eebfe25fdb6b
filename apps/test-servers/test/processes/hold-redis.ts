import process from "node:process";
import { startRedis } from "@llmcache/test-servers";

// Starts a server, says which process it is, and stays until it is killed.
const redis = await startRedis({ own: true });
process.stdout.write(`${redis.processId}\n`);

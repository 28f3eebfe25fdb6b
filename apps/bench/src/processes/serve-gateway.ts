// The gateway with its answers in memory, in front of the address that it is told.
import process from "node:process";
import { parseConfig, startGateway } from "@llmcache/gateway";

process.once("message", (upstream: string) => void serve(upstream));
process.send?.("ready");

async function serve(upstream: string): Promise<void> {
  const config = { listen: { port: 0 }, upstreams: { model: { url: upstream, private: true } } };
  const { url } = await startGateway({ ...parseConfig(JSON.stringify(config), {}), file: undefined });
  process.send?.(url);
}

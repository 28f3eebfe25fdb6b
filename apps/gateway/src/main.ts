#!/usr/bin/env node
import { randomBytes } from "node:crypto";
import process from "node:process";
import { parseArguments, usage, UsageError } from "./arguments.ts";
import { ConfigError } from "./config/config-error.ts";
import { digestOf } from "./config/config-schema.ts";
import { type LoadedConfig, loadConfig } from "./config/load-config.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type Otel, startOtel } from "./telemetry/otel.ts";

async function main(): Promise<void> {
  const { config: file, newKey, check, help } = parseArguments(process.argv.slice(2));
  if (help) return say(usage);
  if (newKey) return sayNewKey();
  const loaded = await loadConfig(file, process.env);
  if (check) return say(`${loaded.file ?? "the default configuration"} is in order`);
  const otel = await startOtel(process.env);
  const gateway = await startGateway(loaded, {
    onFailure: (error) => console.error("llmcache gateway:", nameOf(error)),
    onEvent: otel?.onEvent,
  });
  introduce(gateway.url, loaded);
  let signals = 0;
  const stop = () => {
    // Who asks twice does not want to wait.
    if (++signals > 1) process.exit(1);
    say("stopping: what is under way may end");
    void stopAll(gateway, otel).then(
      () => say("stopped"),
      (error: unknown) => {
        console.error("llmcache gateway: the stores did not close:", nameOf(error));
        process.exitCode = 1;
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

async function stopAll(gateway: Gateway, otel: Otel | undefined): Promise<void> {
  await gateway.close();
  await otel?.close();
}

function introduce(url: string, { config, file }: LoadedConfig): void {
  say(`llmcache gateway on ${url} (${file ?? "no configuration file: see --help"})`);
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    const prefixes = upstream.paths.length === 0 ? "" : ` under ${upstream.paths.join(", ")}`;
    const models = upstream.models.length === 0 ? "" : ` for ${upstream.models.join(", ")}`;
    say(`  ${name}: ${upstream.url}${prefixes}${models}`);
  }
  say(`  answers are kept in ${config.cache.tiers.map(({ type }) => type).join(", then ")}`);
  const isOff = config.admin.hash === undefined;
  say(
    `  dashboard: ${isOff ? "off, for want of an admin key (LLMCACHE_ADMIN_KEY, or admin.key)" : `${url}/dashboard`}`,
  );
}

function sayNewKey(): void {
  const key = `lk-${randomBytes(32).toString("base64url")}`;
  say(`key:  ${key}\nhash: sha256:${digestOf(key)}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** An error of a vendor's client may quote what it was given. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "an unknown failure";
  const code = "code" in error ? ` ${String(error.code)}` : "";
  return `${error.name}${code}\n${(error.stack ?? "").split("\n").slice(1).join("\n")}`;
}

try {
  await main();
} catch (error) {
  const isExpected = error instanceof UsageError || error instanceof ConfigError;
  if (!isExpected && !(error instanceof Error && "code" in error)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

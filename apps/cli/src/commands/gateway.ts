import type { Command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";

/** Loaded only here, so that whoever wants no proxy installs none. Not a literal: until it is published nothing may depend on it. */
const gatewayPackage: string = "@llmcache/gateway";

/** What that package exports for this command. */
interface GatewayModule {
  /** Starts the gateway with the words after `gateway`, and resolves once it has started. It ends by signals. */
  readonly main: (words: readonly string[]) => Promise<void>;
}

export const gateway: Command = {
  summary: "runs the caching proxy, if @llmcache/gateway is installed",
  help: `usage: llmcache gateway [options]

Runs the caching proxy with the options that follow: any client in any language gets the cache by changing one URL. It is a package
of its own, @llmcache/gateway, which has to be installed beside @llmcache/cli.`,

  async run(words) {
    const { main } = await load();
    await main(words);
    return exitCode.fine;
  },
};

async function load(): Promise<GatewayModule> {
  try {
    return (await import(gatewayPackage)) as GatewayModule;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError(`the gateway is a package of its own: npm install ${gatewayPackage}`, { cause: error });
  }
}

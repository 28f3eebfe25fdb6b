import { existsSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { build, esmExternalRequirePlugin, type Plugin, type PluginOption } from "vite";

/** What to make a program of. */
export interface BundleOptions {
  /** The member's program: what is in `within` on the member's test files. */
  readonly program: string;
  /**
   * A folder with a module for each of Node's that the tests import, `path.ts` for `node:path`, and for its globals: `buffer.ts` and
   * `set-immediate.ts`. Then the program imports nothing, and runs where there is nothing of Node.
   * @default Node's modules are the runtime's own
   */
  readonly standIns?: string | undefined;
}

/** A member, its tests and their runner as one module, for any runtime: its code. */
export async function bundle({ program, standIns }: BundleOptions): Promise<string> {
  const folder = dirname(program);
  const built = await build({
    configFile: false,
    logLevel: "warn",
    root: folder,
    plugins: standIns === undefined ? modulesOfTheRuntime() : modulesIn(standIns),
    ssr: { noExternal: true, target: "webworker", resolve: { conditions: ["@llmcache/source", "module", "import"] } },
    define: {
      "process.env.NODE_ENV": JSON.stringify("test"),
      "import.meta.url": JSON.stringify("file:///test/module.ts"),
    },
    build: {
      write: false,
      ssr: program,
      target: "esnext",
      minify: false,
      rolldownOptions: {
        output: { codeSplitting: false, paths: (id) => (builtinModules.includes(id) ? `node:${id}` : id) },
        transform: { inject: standIns === undefined ? globalsOfTheRuntime : globalsIn(standIns) },
      },
    },
  });
  if (!("output" in built)) throw new Error("the bundle was not built once");
  const [chunk, ...others] = built.output;
  if (others.length > 0) throw new Error("the bundle is not one module");
  if (standIns !== undefined && chunk.imports.length > 0)
    throw new Error(`the bundle imports ${String(chunk.imports)}`);
  return chunk.code;
}

/** The globals of Node's that tests and vendors' clients use, each with the module and the export that it is taken from. */
type Globals = Record<string, [module: string, name: string]>;

/** A runtime may have Node's modules without its globals. */
const globalsOfTheRuntime: Globals = {
  Buffer: ["node:buffer", "Buffer"],
  process: ["node:process", "default"],
  setImmediate: ["node:timers", "setImmediate"],
};

function globalsIn(standIns: string): Globals {
  return {
    Buffer: [join(standIns, "buffer.ts"), "Buffer"],
    setImmediate: [join(standIns, "set-immediate.ts"), "setImmediate"],
  };
}

/** Leaves Node's modules to the runtime, also those that a vendor's CommonJS requires. */
function modulesOfTheRuntime(): PluginOption[] {
  return [
    {
      name: "modules-of-the-runtime",
      enforce: "pre",
      resolveId: (specifier) => (specifier.startsWith("node:") ? { id: specifier, external: true } : undefined),
    },
    esmExternalRequirePlugin({ external: [/^node:/, ...builtinModules] }),
  ];
}

/** Gives the tests something in the place of Node's modules, so that they run where these are not. */
function modulesIn(standIns: string): PluginOption[] {
  const plugin: Plugin = {
    name: "stand-ins-for-node",
    enforce: "pre",
    resolveId(specifier, importer) {
      if (!specifier.startsWith("node:")) return undefined;
      const path = join(standIns, `${specifier.slice("node:".length).replaceAll("_", "-")}.ts`);
      if (existsSync(path)) return path;
      throw new Error(`${importer} imports ${specifier}, which other runtimes lack, and there is no ${path}`);
    },
  };
  return [plugin];
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "vite";

const standIns = join(import.meta.dirname, "stand-ins");

/** Core, its tests and their runner as one module that imports nothing, for any runtime: its code. */
export async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    root: import.meta.dirname,
    plugins: [standInsForNode],
    ssr: { noExternal: true, target: "webworker", resolve: { conditions: ["@llmcache/source"] } },
    define: {
      "process.env.NODE_ENV": JSON.stringify("test"),
      "import.meta.url": JSON.stringify("file:///core/test/module.ts"),
    },
    build: {
      write: false,
      ssr: join(import.meta.dirname, "program.ts"),
      target: "esnext",
      minify: false,
      rolldownOptions: {
        output: { codeSplitting: false },
        transform: {
          inject: {
            Buffer: [join(standIns, "buffer.ts"), "Buffer"],
            setImmediate: [join(standIns, "set-immediate.ts"), "setImmediate"],
          },
        },
      },
    },
  });
  if (!("output" in built)) throw new Error("the bundle was not built once");
  const [program, ...others] = built.output;
  if (others.length > 0 || program.imports.length > 0) throw new Error("the bundle is not one module without imports");
  return program.code;
}

/** Gives the tests something in the place of Node's modules, so that they run where these are not. */
const standInsForNode: Plugin = {
  name: "stand-ins-for-node",
  enforce: "pre",
  resolveId(specifier, importer) {
    if (!specifier.startsWith("node:")) return undefined;
    const path = join(standIns, `${specifier.slice("node:".length).replaceAll("_", "-")}.ts`);
    if (existsSync(path)) return path;
    throw new Error(`${importer} imports ${specifier}, which other runtimes lack, and there is no ${path}`);
  },
};

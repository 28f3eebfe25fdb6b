import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import type { Role, Row } from "../row.ts";

const run = promisify(execFile);

/** From where peers are found. */
const ownFolder = new URL("../..", import.meta.url);

/** What it takes to load the package, as it is published, in a fresh process. */
export const importRow: Row = {
  name: "import",
  title: "import of core",
  unit: "ms",
  baseline: "keyv",
  goals: [{ against: "keyv", atMost: 0.8 }],
  warmUp: false,
  rounds: ({ quick }) => (quick ? 7 : 41),
  async open() {
    const built = new URL("../../../../packages/core/dist/index.js", import.meta.url);
    if (!existsSync(built)) throw new Error("core is not built: run `pnpm build` first");
    const modules: readonly { readonly name: string; readonly role: Role; readonly url: string }[] = [
      { name: "llmcache", role: "ours", url: built.href },
      ...["keyv", "cacheable", "cache-manager", "bentocache", "lru-cache"].map((name) => ({
        name,
        role: "peer" as const,
        url: name,
      })),
      { name: "an empty module", role: "limit", url: "data:text/javascript," },
    ];
    return {
      competitors: modules.map(({ name, role, url }) => ({
        name,
        role,
        sample: () => importMs(url),
      })),
    };
  },
};

async function importMs(url: string): Promise<number> {
  const program = `const startedAt = performance.now(); await import(${JSON.stringify(url)}); console.log(performance.now() - startedAt)`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: ownFolder });
  return Number(stdout);
}

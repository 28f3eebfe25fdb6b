import { join } from "node:path";
import { rolldown } from "rolldown";
import { workspaceRoot } from "./workspace.ts";

/**
 * The packages that are published as one file, because they are loaded where a start has to be quick. Core in fifty files took six times
 * as long to import as in one.
 */
const bundled = ["core"];

/** Puts one file in the place of the `dist/index.js` that `tsc` wrote, with the same exports. The types stay as they are. */
for (const name of bundled) {
  const folder = join(workspaceRoot, "packages", name);
  const build = await rolldown({
    input: join(folder, "src/index.ts"),
    platform: "neutral",
    transform: { target: "es2024" },
  });
  const { output } = await build.write({
    file: join(folder, "dist/index.js"),
    format: "esm",
    codeSplitting: false,
    // What comments say is in the types and in the sources, which the map leads to.
    comments: false,
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  await build.close();
  const [bundle] = output;
  if (bundle.imports.length > 0)
    throw new Error(`${name} imports ${bundle.imports.join(", ")}, and is to import nothing`);
  console.log(
    `${name}: ${Object.keys(bundle.modules).length} modules in one file of ${Math.round(bundle.code.length / 1024)} KiB`,
  );
}

import process from "node:process";

// `vitest run`, with the arguments that were given. pnpm hands on the `--` of `pnpm test -- memory`, and vitest would ignore what
// follows it.
const [first, ...rest] = process.argv.slice(2);
const given = first === undefined || first === "--" ? rest : [first, ...rest];
process.argv.splice(2, Infinity, "run", ...given);

await import(new URL("../node_modules/vitest/vitest.mjs", import.meta.url).href);

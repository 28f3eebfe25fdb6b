/// <reference types="vite/types/importMeta.d.ts" />
import { entrypoint, parameters, runTests, servers, writeReport } from "../../src/within/index.ts";

const leftOut = [
  { tests: "is not run", needs: "a runtime that nobody has", isHere: () => false },
  { tests: /^outcomes\.ts > a suite > .* passes$/, needs: "what is here", isHere: () => true },
  { tests: "nothing is called so", needs: "a name", isHere: () => false },
];
const run = () => runTests({ files: import.meta.glob("./outcomes.ts"), leftOut });

if (parameters.includes("fail")) throw new Error("as it was told");
if (parameters.includes("test")) await writeReport(run);

export const tests = entrypoint(run);
export { servers };

/// <reference types="vite/types/importMeta.d.ts" />
import { type Report, runTests } from "@llmcache/test-runtimes/within";
import { sha256 } from "../../src/hash.ts";
import { leftOut } from "./left-out.ts";

/** What came of core's tests. */
export interface CoreReport extends Report {
  /** Whether core found a hash that answers synchronously; WebCrypto otherwise. */
  readonly hashesAtOnce: boolean;
}

/** Core's test files. Those that hunt by chance for minutes are about logic, not about a runtime. */
const files = import.meta.glob([
  "../*.test.ts",
  "./*.test.ts",
  "!../runtimes.test.ts",
  "!../faults.test.ts",
  "!../fuzz.test.ts",
]);

const sources = import.meta.glob<string>("../*.test.ts", { query: "?raw", import: "default", eager: true });

/**
 * The files that give concurrent calls their order by counting turns of the event loop. Digests of WebCrypto come from threads, when and in
 * the order in which these are ready, so there `any-hash.test.ts` stands for them.
 */
const countingTurns = Object.keys(sources).filter((path) =>
  /\b(?:settle|ManualModel|until)\b/.test(sources[path] ?? ""),
);

/** Runs core's own tests on whatever runtime this is. */
export async function run(): Promise<CoreReport> {
  const hashesAtOnce = typeof sha256(new Uint8Array()) === "string";
  const chosen = Object.entries(files).filter(([path]) => hashesAtOnce || !countingTurns.includes(path));
  // The suite on what neither hashes, encrypts nor compresses has no need of Node's modules, and takes its time.
  const isSameWithAnyHash = {
    tests: /conformance\.test\.ts > (?!.*(?:compressed|encrypted))/,
    needs: "the runtime's own hash, being the same with any",
    isHere: () => hashesAtOnce,
  };
  const report = await runTests({ files: Object.fromEntries(chosen), leftOut: [isSameWithAnyHash, ...leftOut] });
  return { ...report, hashesAtOnce };
}

import { builtin } from "@llmcache/test-runtimes/within";
import { hasRealms } from "../left-out.ts";

const vm = hasRealms() ? (builtin("node:vm") as { runInNewContext(code: string): unknown }) : undefined;

/** Evaluates in another realm. `undefined` on a runtime that has only one: the tests about it are left out there. */
export function runInNewContext(code: string): unknown {
  return vm?.runInNewContext(code);
}

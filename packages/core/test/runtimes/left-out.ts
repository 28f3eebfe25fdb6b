import { builtin, type LeftOut } from "@llmcache/test-runtimes/within";

/** Tests of something that not every runtime has. */
export const leftOut: readonly LeftOut[] = [
  { tests: "nothing keeps the process alive", needs: "Node's own command line", isHere: () => false },
  { tests: "another realm", needs: "node:vm", isHere: hasRealms },
  {
    tests: "the process's memory stays near what is counted",
    needs: "process.memoryUsage",
    isHere: () => "memoryUsage" in (globalThis.process ?? {}),
  },
  {
    tests: "no unhandled rejection",
    needs: "process.listeners",
    isHere: () => "listeners" in (globalThis.process ?? {}),
  },
  {
    // Bun says `text/plain;charset=utf-8`, and sends it, so that it is another value there.
    tests: "the form of { '$blob': [ 'text/plain'",
    needs: "a Blob that keeps the type it is given",
    isHere: () => new Blob(["a"], { type: "text/plain" }).type === "text/plain",
  },
  {
    // With Bun's `toJSON` they can be part of a key.
    tests: "an error names the path from the call on, in the input as well",
    needs: "Headers without toJSON",
    isHere: () => !("toJSON" in Headers.prototype),
  },
  {
    // JavaScriptCore, which is Bun's, gives up: such a header is refused as malformed.
    tests: "of a million characters is read in good time",
    needs: "a regular expression that goes back a million times",
    isHere: () => /^(?:x=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^"]*)))?$/.test(`x="${'\\"'.repeat(1e6)}"`),
  },
];

export function hasRealms(): boolean {
  const { runInNewContext } = (builtin("node:vm") ?? {}) as { runInNewContext?(code: string): unknown };
  try {
    return runInNewContext?.("1") === 1;
  } catch {
    // Workers have the module, and say that its functions are not implemented.
    return false;
  }
}

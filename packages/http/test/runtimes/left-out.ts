import { type IncomingMessage, ServerResponse } from "node:http";
import type { LeftOut } from "@llmcache/test-runtimes/within";

/** Tests of something that not every runtime has. */
export const leftOut: readonly LeftOut[] = [
  {
    tests: "an abort before an answer is the SDK's own error, and stops the model",
    needs: "a server that is told of a client who leaves before it answers, by the end of a socket",
    isHere: () => new ServerResponse({ method: "GET", headers: {} } as IncomingMessage).socket !== undefined,
  },
];

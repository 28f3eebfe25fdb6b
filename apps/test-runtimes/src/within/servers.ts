import type { Entrypoint } from "./hand-over.ts";

/**
 * Where workerd's `fetch` leads: to the servers that the tests in the same program have made by `node:http`, as if they listened. To be
 * exported under this name.
 */
export const servers: Entrypoint = {
  async fetch(request) {
    const { handleAsNodeRequest } = process.getBuiltinModule("cloudflare:node") as unknown as NodeServers;
    // A server that keeps silent on purpose has nothing else to wait for, and would be taken for one that hangs.
    setInterval(() => undefined, 1000);
    return handleAsNodeRequest(Number(new URL(request.url).port), request);
  },
};

interface NodeServers {
  handleAsNodeRequest(port: number, request: Request): Promise<Response>;
}

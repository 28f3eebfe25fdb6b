import { type LocalModel, instant, startLocalModel } from "@llmcache/local-model";
import { stringify } from "yaml";
import { type Gateway, startGateway } from "../src/gateway.ts";
import { parseConfig } from "../src/config/load-config.ts";

/** The key that tests administrate with. */
export const adminKey = "an-admin-key-for-tests";

/** What a test needs of the context that vitest gives it. */
interface Finishing {
  onTestFinished(work: () => Promise<void>): void;
}

/** A gateway in front of a model on this machine, both on free ports, until the test ends. */
export interface Started {
  readonly gateway: Gateway;
  readonly model: LocalModel;
  readonly url: string;
}

/** A configuration, as a file would have it, that asks this model. */
function configFor(model: Pick<LocalModel, "origin">, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    listen: { port: 0 },
    upstreams: { local: { url: model.origin, private: true } },
    admin: { key: "${ADMIN_KEY}" },
    ...changes,
  };
}

/** Reads a configuration as the file of it would be. */
function parse(
  config: Record<string, unknown>,
  environment: Record<string, string> = {},
): ReturnType<typeof parseConfig> {
  return parseConfig(stringify(config), { ADMIN_KEY: adminKey, ...environment });
}

/** Starts both. */
export async function start(
  context: Finishing,
  changes: Record<string, unknown> | ((model: LocalModel) => Record<string, unknown>) = {},
  environment: Record<string, string> = {},
): Promise<Started> {
  const model = await startLocalModel({ ...instant });
  const own = typeof changes === "function" ? changes(model) : changes;
  const loaded = { ...parse(configFor(model, own), environment), file: undefined };
  const failures: unknown[] = [];
  const gateway = await startGateway(loaded, { onFailure: (error) => failures.push(error) });
  context.onTestFinished(async () => {
    await gateway.close();
    await model.close();
    // What a client must not see is still a failure.
    if (failures.length > 0) throw failures[0];
  });
  return { gateway, model, url: gateway.url };
}

/** Asks the admin API. */
export function askAdmin(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${adminKey}`);
  return fetch(`${url}${path}`, { ...init, headers });
}

/** Asks whether a gateway is ready. Resolves to the status and what it says of each store; rejects once no probe would wait any longer. */
export async function probe(url: string): Promise<[status: number, stores: readonly object[]]> {
  const response = await askAdmin(url, "/health/ready", { signal: AbortSignal.timeout(3_000) });
  const { cache } = (await response.json()) as { readonly cache: { readonly stores: readonly object[] } };
  return [response.status, cache.stores];
}

/** A chat request. */
export function chat(content: string, more: Record<string, unknown> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer sk-client" },
    body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content }], ...more }),
  };
}

import { checkOptions, describeType } from "@llmcache/core";
import { QdrantClient } from "@qdrant/js-client-rest";
import { env } from "node:process";
import { type QdrantStoreOptions, storeOptionNames } from "./qdrant-options.ts";
import { QdrantSemanticBackend } from "./qdrant-semantic-backend.ts";

/** What `connectQdrant` takes. */
export interface ConnectQdrantOptions extends QdrantStoreOptions {
  /** Where it is: with the port, unless that is the usual one of http or https. @default the variable QDRANT_URL, or "http://localhost:6333" */
  readonly url?: string | undefined;
  /** @default the variable QDRANT_API_KEY, or none */
  readonly apiKey?: string | undefined;
  /** Where to read the variables from. @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * A backend on a client of its own, by options, and where they say nothing by the environment.
 *
 * It sends nothing yet, so that a program starts while Qdrant is down. `ping()` makes the collection, or tells what is wrong with the one that is there.
 *
 * @throws {TypeError} for an option or a variable that is wrong, naming it and never its value
 */
export async function connectQdrant(options: ConnectQdrantOptions): Promise<QdrantSemanticBackend> {
  checkOptions("connectQdrant", options, ["url", "apiKey", "environment", ...storeOptionNames]);
  const { url, apiKey, environment = env, ...store } = options;
  const address =
    url === undefined
      ? parseUrl("QDRANT_URL", environment["QDRANT_URL"] || "http://localhost:6333")
      : parseUrl("connectQdrant: url", url);
  if (apiKey !== undefined && (typeof apiKey !== "string" || apiKey === ""))
    throw new TypeError(
      `connectQdrant: apiKey must be a string of at least one character, got ${describeType(apiKey)}`,
    );
  const key = apiKey ?? (environment["QDRANT_API_KEY"] || undefined);
  const client = new QdrantClient({
    ...address,
    // As a header and not as the client's own option, for which it prints a warning where the server is on this machine or in a network of one's own.
    ...(key !== undefined && { headers: { "api-key": key } }),
    // The backend ends its requests itself, and can then end them with their callers too.
    timeout: Infinity,
    // Would ask the server for its version with the first import of the client, and print what it thinks of it.
    checkCompatibility: false,
  });
  return new QdrantSemanticBackend({ client, ...store });
}

type ClientAddress = Pick<ConstructorParameters<typeof QdrantClient>[0] & object, "host" | "https" | "port" | "prefix">;

/** The client would take 6333 for a port that is left out, which is not where a proxy listens, and no path. */
function parseUrl(field: string, text: unknown): ClientAddress {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new TypeError(`${field} must be a URL that begins with http:// or https://`);
  if (url.username !== "" || url.password !== "" || url.search !== "")
    throw new TypeError(`${field} must have no user, password or query: the API key goes into \`apiKey\``);
  const https = url.protocol === "https:";
  return {
    host: url.hostname,
    https,
    port: url.port === "" ? (https ? 443 : 80) : Number(url.port),
    ...(url.pathname !== "/" && { prefix: url.pathname.replace(/\/$/, "") }),
  };
}

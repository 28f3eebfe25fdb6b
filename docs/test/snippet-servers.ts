import {
  type SharedServer,
  sharedServer,
  startAzure,
  startLocalGcs,
  startRedis,
  startS3,
} from "../../apps/test-servers/src/index.ts";

/** A server that snippets find by variables of the environment. */
interface SnippetServer {
  readonly variables: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** What a snippet may need, as it says after `needs:`. The buckets have the name that the documents give them. */
const servers: Readonly<Record<string, () => Promise<SnippetServer>>> = {
  async redis() {
    const { url, stop } = await startRedis();
    return { variables: { REDIS_URL: url }, stop };
  },
  async s3() {
    const { endpoint, accessKeyId, secretAccessKey, region, stop } = await startS3();
    const { ok, status } = await fetch(`${endpoint}/my-bucket`, { method: "PUT" });
    if (!ok) throw new Error(`The S3 server made no bucket: ${status}`);
    return {
      variables: {
        S3_BUCKET_NAME: "my-bucket",
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_REGION: region,
      },
      stop,
    };
  },
  async gcs() {
    const { endpoint, projectId, stop } = await startLocalGcs({ buckets: ["my-bucket"] });
    return {
      variables: {
        GCS_BUCKET_NAME: "my-bucket",
        // The variable by which Google's own client finds a server that is not Google's.
        STORAGE_EMULATOR_HOST: endpoint,
        GOOGLE_CLOUD_PROJECT: projectId,
      },
      stop,
    };
  },
  async azure() {
    const { connectionString, stop } = await startAzure();
    return {
      variables: { AZURE_STORAGE_CONNECTION_STRING: connectionString, AZURE_STORAGE_CONTAINER: "my-container" },
      stop,
    };
  },
};

/** The names that may stand after `needs:`. */
export const serverNames: readonly string[] = Object.keys(servers);

/** One server of each name, for all snippets that need it. */
export function shareServers(names: Iterable<string>): ReadonlyMap<string, SharedServer<SnippetServer>> {
  return new Map(
    [...new Set(names)].flatMap((name) => {
      const start = servers[name];
      return start === undefined ? [] : [[name, sharedServer(start)] as const];
    }),
  );
}

import { randomUUID } from "node:crypto";
import { BlobServiceClient } from "@azure/storage-blob";
import { type ConnectAzureOptions, connectAzure, type ConnectedAzureBlobBackend } from "@llmcache/azure";
import { startAzure } from "@llmcache/test-servers";

/** A server with a container. */
export interface TestContainer {
  readonly endpoint: string;
  readonly container: string;
  readonly connectionString: string;
  readonly accountName: string;
  readonly accountKey: string;
  /** Connects to the container as a whole, unless a path is given; at another address, too. */
  connect(options?: ConnectAzureOptions & { readonly endpoint?: string }): Promise<ConnectedAzureBlobBackend>;
  stop(): Promise<void>;
}

export async function startContainer(): Promise<TestContainer> {
  const { stop, endpoint, connectionString, accountName, accountKey } = await startAzure();
  const container = `llmcache-${randomUUID()}`;
  const account = BlobServiceClient.fromConnectionString(connectionString);
  await account.createContainer(container);
  return {
    endpoint,
    container,
    connectionString,
    accountName,
    accountKey,
    connect({ endpoint: address, ...options } = {}) {
      const { host } = new URL(address ?? endpoint);
      const accountUrl = endpoint.replace(new URL(endpoint).host, host);
      return connectAzure({ container, accountUrl, accountName, accountKey, ...options });
    },
    async stop() {
      // The server may be one that outlives the tests.
      await account.deleteContainer(container);
      await stop();
    },
  };
}

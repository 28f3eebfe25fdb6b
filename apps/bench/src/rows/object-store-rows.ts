import { BlobServiceClient } from "@azure/storage-blob";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { connectAzure } from "@llmcache/azure";
import type { Backend } from "@llmcache/core";
import { connectS3 } from "@llmcache/s3";
import { startAzure, startS3 } from "@llmcache/test-servers";
import { chatAnswer } from "../data.ts";
import type { Competitor, Contest, Effort, Row } from "../row.ts";
import { sampleMs, timedAsync } from "../timed.ts";

/** Objects that are read, and written, in turn. */
const objects = 64;

/** Ways to read and write objects of a store. */
type Access = Pick<Backend, "get" | "put">;

/** A store that is served by a process of its own. */
interface ObjectStore {
  readonly name: string;
  readonly title: string;
  /** What is called without us, on the same connections. */
  readonly client: string;
  open(): Promise<{ readonly ours: Access; readonly bare: Access; close(): Promise<void> }>;
}

const s3: ObjectStore = {
  name: "s3",
  title: "S3",
  client: "@aws-sdk/client-s3",
  async open() {
    const { stop, ...place } = await startS3({ checkSignatures: true });
    const { endpoint, region, accessKeyId, secretAccessKey } = place;
    const bucket = `bench-${crypto.randomUUID()}`;
    const backend = await connectS3({ bucket, path: "ours", endpoint, region, accessKeyId, secretAccessKey });
    const { client } = backend;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return {
      ours: backend,
      bare: {
        async get(key) {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `bare/${key}` }));
          return Body?.transformToByteArray();
        },
        async put(key, value) {
          await client.send(new PutObjectCommand({ Bucket: bucket, Key: `bare/${key}`, Body: value }));
        },
      },
      async close() {
        await backend[Symbol.asyncDispose]();
        await stop();
      },
    };
  },
};

const azure: ObjectStore = {
  name: "azure",
  title: "Azure Blob",
  client: "@azure/storage-blob",
  async open() {
    const { stop, connectionString } = await startAzure();
    const container = `bench-${crypto.randomUUID()}`;
    await BlobServiceClient.fromConnectionString(connectionString).createContainer(container);
    const backend = await connectAzure({ container, path: "ours", connectionString });
    const blobs = backend.client.getContainerClient(container);
    return {
      ours: backend,
      bare: {
        get: (key) => blobs.getBlobClient(`bare/${key}`).downloadToBuffer(0, valueAt(0).length),
        async put(key, value) {
          await blobs.getBlockBlobClient(`bare/${key}`).upload(value, value.length);
        },
      },
      async close() {
        await backend[Symbol.asyncDispose]();
        await stop();
      },
    };
  },
};

/** What our backends add to a call of the vendor's client. */
export const objectStoreRows: readonly Row[] = [s3, azure].flatMap((store) => [getRow(store), putRow(store)]);

function getRow(store: ObjectStore): Row {
  return {
    name: `${store.name}-get`,
    title: `get of a 2 KB entry from ${store.title}`,
    unit: "µs",
    baseline: store.client,
    goals: [{ against: store.client, atMost: 1.05 }],
    rounds: ({ quick }) => (quick ? 9 : 51),
    open: (effort) =>
      openStore(store, effort, async (access) => {
        for (let index = 0; index < objects; index++) await access.put(`${index}`, valueAt(index));
        return (turn) => access.get(`${turn % objects}`);
      }),
  };
}

function putRow(store: ObjectStore): Row {
  return {
    ...getRow(store),
    name: `${store.name}-put`,
    title: `put of a 2 KB entry into ${store.title}`,
    open: (effort) =>
      openStore(store, effort, async (access) => (turn) => access.put(`${turn % objects}`, valueAt(turn))),
  };
}

async function openStore(
  store: ObjectStore,
  effort: Effort,
  prepare: (access: Access) => Promise<(turn: number) => Promise<unknown>>,
): Promise<Contest> {
  const { ours, bare, close } = await store.open();
  const compete = async (name: string, role: Competitor["role"], access: Access): Promise<Competitor> => ({
    name,
    role,
    sample: timedAsync(await prepare(access), sampleMs(effort)),
    async answer() {
      await access.put("answer", valueAt(7));
      return Buffer.from((await access.get("answer")) ?? []).toString();
    },
  });
  return { competitors: [await compete("llmcache", "ours", ours), await compete(store.client, "limit", bare)], close };
}

/** All of one length. */
const values = Array.from({ length: objects }, (_, index) => Buffer.from(JSON.stringify(chatAnswer(10 + index))));

function valueAt(turn: number): Uint8Array {
  return values[turn % objects] ?? new Uint8Array();
}

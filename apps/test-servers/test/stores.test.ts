import { GetObjectCommand, CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { QdrantClient } from "@qdrant/js-client-rest";
import { expect, onTestFinished, test } from "vitest";
import { type S3Server, serverOrSkip, startAzure, startQdrant, startS3 } from "../src/index.ts";

// Beyond what a busy machine takes to start a server that reads hundreds of files first.
const timeout = 120_000;

test("S3 keeps objects, and puts conditionally", { timeout }, async (context) => {
  const server = await serverOrSkip(context, () => startS3());
  const client = s3Client(server);
  await client.send(new CreateBucketCommand({ Bucket: "bucket" }));
  const put = (body: string) =>
    client.send(new PutObjectCommand({ Bucket: "bucket", Key: "key/ä", Body: body, IfNoneMatch: "*" }));
  const puts = await Promise.allSettled(["a", "b", "c", "d"].map(put));
  expect(puts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const { Body: body } = await client.send(new GetObjectCommand({ Bucket: "bucket", Key: "key/ä" }));
  expect(await body?.transformToString()).toMatch(/^[abcd]$/);
});

test("S3 checks signatures when it is asked to", { timeout }, async (context) => {
  const server = await serverOrSkip(context, () => startS3({ checkSignatures: true }));
  await s3Client(server).send(new CreateBucketCommand({ Bucket: "bucket" }));
  const wrong = s3Client({ ...server, secretAccessKey: "wrong" });
  const put = new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: "value" });
  await expect(wrong.send(put)).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
  await s3Client(server).send(put);
});

test("Azure keeps blobs, and asks for the account's key", { timeout }, async (context) => {
  const server = await serverOrSkip(context, () => startAzure());
  const container = BlobServiceClient.fromConnectionString(server.connectionString).getContainerClient("container");
  await container.create();
  const blob = container.getBlockBlobClient("key/ä");
  await blob.upload("value", 5, { conditions: { ifNoneMatch: "*" } });
  await expect(blob.upload("other", 5, { conditions: { ifNoneMatch: "*" } })).rejects.toMatchObject({
    statusCode: 409,
  });
  expect(String(await blob.downloadToBuffer())).toBe("value");

  const login = (key: string) =>
    new BlobServiceClient(server.endpoint, new StorageSharedKeyCredential(server.accountName, key));
  expect((await login(server.accountKey).getProperties()).errorCode).toBeUndefined();
  await expect(login("d3Jvbmc=").getProperties()).rejects.toMatchObject({ statusCode: 403 });
});

test("Qdrant finds the nearest, and asks for its key", { timeout }, async (context) => {
  const server = await serverOrSkip(context, () => startQdrant({ apiKey: "secret" }));
  const connect = (apiKey: string) => new QdrantClient({ url: server.url, apiKey, checkCompatibility: false });
  const client = connect(server.apiKey ?? "");
  await client.createCollection("vectors", { vectors: { size: 2, distance: "Cosine" } });
  await client.upsert("vectors", {
    wait: true,
    points: [
      { id: 1, vector: [1, 0] },
      { id: 2, vector: [0, 1] },
    ],
  });
  const { points } = await client.query("vectors", { query: [1, 0.1], limit: 1 });
  expect(points).toMatchObject([{ id: 1 }]);
  await expect(connect("wrong").getCollections()).rejects.toMatchObject({ status: 401 });
});

test("Qdrant asks for no key unless it was given one", { timeout }, async (context) => {
  const { url, apiKey } = await serverOrSkip(context, () => startQdrant());
  expect(apiKey).toBeUndefined();
  expect((await fetch(`${url}/collections`)).status).toBe(200);
});

function s3Client({ endpoint, region, accessKeyId, secretAccessKey }: S3Server): S3Client {
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  return client;
}

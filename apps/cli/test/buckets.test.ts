import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { serverOrSkip, type SkippableTest, startAzure, startLocalGcs, startS3 } from "@llmcache/test-servers";
import { expect, test } from "vitest";
import { command, type CommandOptions } from "./support/command.ts";
import { contentsOf, diskStore, onDisk, store } from "./support/stores.ts";

/** A bucket of this test's own, and what the environment has to hold for it. */
interface Bucket extends Pick<CommandOptions, "environment"> {
  readonly url: string;
}

const name = `cli-${process.pid}`;

const buckets: Readonly<Record<string, (context: SkippableTest) => Promise<Bucket>>> = {
  async "Amazon S3"(context) {
    const { endpoint, region, ...credentials } = await serverOrSkip(context, () => startS3());
    const { accessKeyId, secretAccessKey } = credentials;
    const client = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
    });
    await client.send(new CreateBucketCommand({ Bucket: name }));
    client.destroy();
    return {
      url: `s3://${name}/some/folder?${new URLSearchParams({ region, endpoint }).toString()}`,
      environment: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    };
  },
  async "Google Cloud Storage"(context) {
    const { endpoint, projectId } = await serverOrSkip(context, () => startLocalGcs({ buckets: [name] }));
    return { url: `gs://${name}/some/folder?${new URLSearchParams({ endpoint, project: projectId }).toString()}` };
  },
  async Azure(context) {
    const { connectionString } = await serverOrSkip(context, () => startAzure());
    return {
      url: `azure://${name}/some/folder`,
      environment: { AZURE_STORAGE_CONNECTION_STRING: connectionString },
    };
  },
};

test.for(Object.entries(buckets))("from a folder to %s and back", async ([, start], context) => {
  const { url: bucket, environment = {} } = await start(context);
  const { directory, url } = diskStore();
  const entries = Array.from({ length: 40 }, (_, index) => ({ question: `question ${index}` }));
  const before = await onDisk(directory, async (backend) => {
    await store(backend, [...entries, { question: "tagged", scope: "東京", tags: ["t"] }]);
    return contentsOf(backend);
  });
  const copied = await command(["copy", url, bucket], { environment });
  expect(copied).toMatchObject({ code: 0, errors: "", output: expect.stringContaining("41 entries copied") });
  const again = await command(["copy", url, bucket], { environment });
  expect(again.output).toContain(`${before.size} were there already`);
  const verified = await command(["verify", bucket], { environment });
  expect(verified).toEqual({ code: 0, errors: "", output: "41 sound entries\n" });
  const stats = await command(["stats", bucket, "--scope", "東京", "--json"], { environment });
  expect(JSON.parse(stats.output)).toMatchObject({ entries: 1, records: { tag: 1 } });

  const back = diskStore();
  await command(["copy", bucket, back.url], { environment });
  expect(await onDisk(back.directory, contentsOf)).toEqual(before);

  const cleared = await command(["clear", bucket, "--yes"], { environment });
  expect(cleared).toMatchObject({ code: 0, output: expect.stringContaining("41 entries and 2 records deleted") });
  expect((await command(["stats", bucket], { environment })).output).toContain("0 entries");
});

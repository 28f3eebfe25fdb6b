import { randomUUID } from "node:crypto";
import process from "node:process";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, DeleteBucketCommand } from "@aws-sdk/client-s3";
import { type ConnectedS3Backend, type ConnectS3Options, connectS3 } from "@llmcache/s3";
import { startS3 } from "@llmcache/test-servers";

/** A server with an empty bucket. */
export interface TestBucket {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  /** Connects as a user who may do everything, to the bucket as a whole unless a path is given. */
  connect(options?: ConnectS3Options): Promise<ConnectedS3Backend>;
  /** Makes a user who may do what the policy says, and hands back their keys. Only the server that tests bring can. */
  newUser(
    test: { skip(reason: string): unknown },
    policy: object,
  ): Promise<Pick<ConnectS3Options, "accessKeyId" | "secretAccessKey">>;
  stop(): Promise<void>;
}

/** The server checks signatures unless it is told not to. */
export async function startBucket({ checkSignatures = true } = {}): Promise<TestBucket> {
  const { stop, endpoint, accessKeyId, secretAccessKey, region } = await startS3({ checkSignatures });
  const bucket = `llmcache-${randomUUID()}`;
  const connect = (options?: ConnectS3Options) =>
    connectS3({ bucket, endpoint, accessKeyId, secretAccessKey, region, ...options });
  const users = new IAMClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const backend = await connect();
  await backend.client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    endpoint,
    bucket,
    accessKeyId,
    connect,
    async newUser(test, policy) {
      if (process.env["LLMCACHE_TEST_S3_ENDPOINT"] !== undefined) test.skip("needs a server that users can be made on");
      const UserName = randomUUID();
      const PolicyDocument = JSON.stringify({ Version: "2012-10-17", ...policy });
      await users.send(new CreateUserCommand({ UserName }));
      await users.send(new PutUserPolicyCommand({ UserName, PolicyName: "all", PolicyDocument }));
      const { AccessKey } = await users.send(new CreateAccessKeyCommand({ UserName }));
      return { accessKeyId: AccessKey?.AccessKeyId, secretAccessKey: AccessKey?.SecretAccessKey };
    },
    async stop() {
      // The server may be one that outlives the tests.
      await backend.deleteMany(await Array.fromAsync(backend.list("")));
      await backend.client.send(new DeleteBucketCommand({ Bucket: bucket }));
      await backend[Symbol.asyncDispose]();
      await stop();
    },
  };
}

import { DeleteObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { isConditionFailure, statusOf } from "./explain-error.ts";

/** What is found out, and what could not be cleaned up. */
export interface ConditionsFound {
  readonly honoured: boolean;
  readonly leftBehind?: unknown;
}

/** Longer than any store takes that will be of use; the caller's own deadline does not end what others wait for too. */
const longestProbeMs = 10_000;

/**
 * Finds out whether a store honours `If-None-Match` and `If-Match` when it writes: some that speak the protocol accept both and write
 * all the same, which would make two winners of every race. Writes `key` and removes it again, in four requests.
 */
export async function probeConditions(client: S3Client, bucket: string, key: string): Promise<ConditionsFound> {
  const target = { Bucket: bucket, Key: key };
  const settings = { abortSignal: AbortSignal.timeout(longestProbeMs) };
  const put = (condition: { IfNoneMatch?: string; IfMatch?: string }) =>
    client.send(new PutObjectCommand({ ...target, ...condition, Body: new Uint8Array() }), settings);

  let honoured = false;
  try {
    await put({ IfNoneMatch: "*" });
    const refusals = [await refuses(put({ IfNoneMatch: "*" })), await refuses(put({ IfMatch: '"0"' }))];
    honoured = refusals.every(Boolean);
  } catch (error) {
    // What a store says that knows the header, and says that it does not do it.
    if (statusOf(error) !== 501) throw error;
  }
  try {
    await client.send(new DeleteObjectCommand(target), settings);
    return { honoured };
  } catch (error) {
    return { honoured, leftBehind: error };
  }
}

async function refuses(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return false;
  } catch (error) {
    if (isConditionFailure(error)) return true;
    throw error;
  }
}

import type { PutObjectCommandInput } from "@aws-sdk/client-s3";

/** What LiteLLM writes where nothing expires: a year, which is the longest that caches between honour. */
const yearSeconds = 31_536_000;

/** 31 December 9999: HTTP dates have years of four digits. */
const latestDate = 253_402_300_799_000;

/**
 * Says on the object when it expires: `Expires` and `Cache-Control` as LiteLLM writes them, to the second and never too soon, and to
 * the millisecond in the metadata. S3 acts on none of them; who looks at the bucket can.
 */
export function expiryHeaders(
  expiresAt: number | undefined,
  now: number,
): Pick<PutObjectCommandInput, "CacheControl" | "Expires" | "Metadata"> {
  if (expiresAt === undefined || expiresAt > latestDate) return { CacheControl: cacheControl(yearSeconds) };
  const date = new Date(Math.ceil(Math.max(expiresAt, 0) / 1000) * 1000);
  return {
    CacheControl: cacheControl(Math.max(Math.ceil((expiresAt - now) / 1000), 0)),
    Expires: date,
    Metadata: { expiresAt: new Date(expiresAt).toISOString() },
  };
}

function cacheControl(seconds: number): string {
  return `immutable, max-age=${seconds}, s-maxage=${seconds}`;
}

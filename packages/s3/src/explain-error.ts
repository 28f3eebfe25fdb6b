import type { _Error as DeletionFailure } from "@aws-sdk/client-s3";

/** Where it happened. */
export interface Place {
  readonly bucket: string;
  /** What comes before each key. */
  readonly path: string;
}

/**
 * An error whose message says what to do, with the SDK's own as its `cause`, where there is something to do; otherwise that one itself.
 */
export function explainError(error: unknown, place: Place): unknown {
  if (!(error instanceof Error)) return error;
  const advice = adviceFor(error, place);
  return advice === undefined ? error : new Error(`${advice} (${error.name}: ${error.message})`, { cause: error });
}

/** What S3 says of a key that it did not delete, as such an error. */
export function explainDeletion({ Key, Code = "Error", Message = "" }: DeletionFailure, place: Place): Error {
  const error = Object.assign(new Error(Message), { name: Code });
  return new Error(`${Key}: ${adviceFor(error, place) ?? "was not deleted"} (${Code}: ${Message})`);
}

/** The HTTP status of a reply that the SDK made an error of. */
export function statusOf(error: unknown): number | undefined {
  return metadataOf(error)?.httpStatusCode;
}

/** How often the SDK tried before it gave up. */
export function attemptsOf(error: unknown): number {
  return metadataOf(error)?.attempts ?? 1;
}

/** Whether S3 did not write because the object is not what the request demands: another one, being written just now, or gone. */
export function isConditionFailure(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409 || isMissingKey(error);
}

/** Not told by the status: a bucket that is not there, and a server that is no S3 at all, answer 404 as well. */
export function isMissingKey(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchKey";
}

function metadataOf(error: unknown): { httpStatusCode?: number; attempts?: number } | undefined {
  return error instanceof Error && "$metadata" in error ? (error.$metadata as object) : undefined;
}

function adviceFor(error: Error, { bucket, path }: Place): string | undefined {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  switch (code) {
    case "NoSuchBucket":
      return `The bucket ${bucket} is not there: create it, or give the cache the bucket and the endpoint that are meant`;
    case "InvalidAccessKeyId":
    case "SignatureDoesNotMatch":
    case "InvalidToken":
    case "ExpiredToken":
    case "CredentialsProviderError":
      return `S3 does not accept the credentials for the bucket ${bucket}: give the cache an access key, a secret and, for temporary ones, a session token that are valid`;
    case "RequestTimeTooSkewed":
      return "The clock of this machine is more than 15 minutes wrong, so that S3 refuses its signatures: set it";
    case "PermanentRedirect":
    case "AuthorizationHeaderMalformed":
    case "IllegalLocationConstraintException":
      return `The bucket ${bucket} is in another region: give the cache the region of the bucket`;
    case "InvalidObjectState":
      return `An entry in the bucket ${bucket} was moved to an archive: take the transition out of the bucket's lifecycle rules`;
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The endpoint of the bucket ${bucket} cannot be reached: see whether endpoint and region are right, and the network is there`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return `The certificate of the endpoint of the bucket ${bucket} is not known here: give the file of its authority as verify`;
  }
  // What is forbidden has several names, and none in the reply to a HEAD.
  if (code === "AccessDenied" || statusOf(error) === 403) {
    return `S3 denies access to the bucket ${bucket}: grant s3:ListBucket on it (without that S3 also denies a key that is merely missing), and s3:GetObject, s3:PutObject and s3:DeleteObject on ${bucket}/${path}*`;
  }
  return undefined;
}

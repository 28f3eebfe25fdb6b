/**
 * An error whose message says what to do, with the SDK's own as its `cause`, where there is something to do; otherwise that one itself.
 */
export function explainError(error: unknown, container: string): unknown {
  if (!(error instanceof Error)) return error;
  const advice = adviceFor(error, container);
  return advice === undefined ? error : new Error(`${advice} (${codeOf(error)})`, { cause: error });
}

/** An error as the SDK makes one, of what Azure says of one blob of a batch. */
export function errorOf({ status, errorCode }: { status: number; errorCode?: string | undefined }): Error {
  const code = errorCode ?? `status ${status}`;
  return Object.assign(new Error(code), { code, statusCode: status });
}

/** The error of a key that was not deleted, as `explainError` makes it. */
export function explainDeletion(key: string, error: Error, container: string): Error {
  return new Error(`${key}: ${adviceFor(error, container) ?? "was not deleted"} (${codeOf(error)})`);
}

/** What Azure calls what is wrong, for example "BlobNotFound", or what the network does. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { details, code } = error as { details?: { errorCode: string | undefined }; code?: string };
  return details?.errorCode ?? code ?? error.name;
}

/** Whether Azure did not write because the blob is not what the request demands: another one, or gone. */
export function isConditionFailure(error: unknown): boolean {
  return ["ConditionNotMet", "BlobAlreadyExists", "BlobNotFound"].includes(codeOf(error));
}

function adviceFor(error: Error, container: string): string | undefined {
  const code = codeOf(error);
  switch (code) {
    case "ContainerNotFound":
      return `The container ${container} is not there, and these credentials may not create it: create it, or give the cache the container that is meant`;
    case "ContainerBeingDeleted":
      return `The container ${container} is being deleted: wait until Azure is done, or give the cache another one`;
    case "InvalidResourceName":
    case "OutOfRangeInput":
      return `${container} can be no container's name: 3 to 63 lower-case letters, digits and single hyphens`;
    case "AuthenticationFailed":
    case "InvalidAuthenticationInfo":
    case "NoAuthenticationInformation":
    case "KeyBasedAuthenticationNotPermitted":
    case "AuthenticationError":
    case "AuthenticationRequiredError":
    case "AggregateAuthenticationError":
    case "CredentialUnavailableError":
      return `Azure does not accept the credentials for the container ${container}: give the cache a connection string, key, SAS token or identity that is valid, and see that the clock of this machine is right`;
    case "BlobArchived":
    case "BlobBeingRehydrated":
      return `An entry in the container ${container} was moved to the archive: take the move out of the account's lifecycle rules`;
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The account of the container ${container} cannot be reached: see whether its URL is right, and the network is there`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return `The certificate of the account of the container ${container} is not known here: name the file of its authority in NODE_EXTRA_CA_CERTS`;
  }
  // What is forbidden has a dozen names.
  if ("statusCode" in error && error.statusCode === 403) {
    return `Azure denies access to the container ${container}: grant the identity the role Storage Blob Data Contributor on it, or the SAS token the permissions racwdl, and see that the key is right and the account's network rules let this machine in`;
  }
  return undefined;
}

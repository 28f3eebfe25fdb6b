import { errorOfReply } from "./error-of-reply.ts";

/**
 * An error whose message says what to do, with the one that came as its `cause`, where there is something to do; otherwise that one.
 */
export function explainError(error: unknown, bucket: string): unknown {
  if (!(error instanceof Error)) return error;
  const failure = withoutRequest(error);
  const advice = adviceFor(failure, bucket);
  return advice === undefined ? failure : new Error(`${advice} (${failure.message})`, { cause: failure });
}

/** An error of the SDK's library for credentials holds the request for a token, with what is signed in it. */
function withoutRequest(error: Error): Error {
  if (!("config" in error)) return error;
  const { response } = error as { response?: { readonly status: number; readonly data: unknown } };
  if (response !== undefined) return errorOfReply(response.status, response.data);
  return Object.assign(new Error(error.message), { code: codeOf(error) });
}

function adviceFor(failure: Error, bucket: string): string | undefined {
  const code = codeOf(failure);
  if (/invalid_grant|invalid_client|unauthorized_client|invalid_scope/.test(failure.message)) {
    return "Google does not accept the service account: see whether its key file is current, the account is enabled, and the clock of this machine is right";
  }
  if (failure.message.includes("Could not load the default credentials")) {
    return "There are no credentials for Google Cloud Storage: give the cache a keyFilename, set GCS_PATH_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS, or run where Google provides them";
  }
  switch (code) {
    case 401:
      return `Google does not accept the credentials for the bucket ${bucket}: give the cache a keyFilename of an account that may use it`;
    case 403:
      return `Google denies access to the bucket ${bucket}: grant the account roles/storage.objectUser on it (without storage.objects.list Google also denies a key that is merely missing)`;
    case 404:
      return `The bucket ${bucket} is not there: create it, or give the cache the bucket and the endpoint that are meant`;
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The endpoint of the bucket ${bucket} cannot be reached: see whether apiEndpoint is right, and the network is there`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return `The certificate of the endpoint of the bucket ${bucket} is not known here: name the file of its authority in NODE_EXTRA_CA_CERTS`;
    default:
      return undefined;
  }
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

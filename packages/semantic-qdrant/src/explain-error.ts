/** What the client throws for a reply that is none of success. Its `headers` and `url` are left behind. */
interface FailedReply {
  readonly status: number;
  readonly data?: { readonly status?: { readonly error?: string } };
}

/**
 * An error that says what to do, where there is something to do. What the server said is kept, what it was sent is not: there are vectors
 * and values in that.
 */
export function explainError(thrown: unknown, timeoutMs: number): Error {
  if (isFailedReply(thrown)) return explainReply(thrown);
  if (!(thrown instanceof Error)) return new Error("The client failed with something that is no Error");
  if (thrown.name === "TimeoutError" || thrown.name === "QdrantClientTimeoutError")
    return new Error(
      `Qdrant did not answer within ${timeoutMs} ms: see whether it is overloaded, or stopped, or raise \`timeout\``,
      { cause: thrown },
    );
  // `fetch` says only that it failed; its cause says why.
  const { code = "", message = thrown.message } = (thrown.cause ?? {}) as { code?: string; message?: string };
  const what = advice.find(([pattern]) => pattern.test(code))?.[1];
  if (what !== undefined) return new Error(`${what} (${code})`, { cause: thrown });
  return thrown.message === "fetch failed"
    ? new Error(`Qdrant cannot be reached (${message})`, { cause: thrown })
    : thrown;
}

/** The status of a reply that failed, if it is one that the error is about. */
export function statusOf(thrown: unknown): number | undefined {
  return isFailedReply(thrown) ? thrown.status : undefined;
}

/** An error for a reply that keeps its `status`. */
function explainReply({ status, data }: FailedReply): Error {
  const said = data?.status?.error ?? "it gave no reason";
  const what =
    status === 401 || status === 403
      ? "Qdrant refuses the API key: check `apiKey`, or the variable QDRANT_API_KEY, and that it may write"
      : status === 413
        ? "Qdrant refuses a request of this size: raise its service.max_request_size_mb"
        : status === 429
          ? "Qdrant takes no more requests for now: see to its limits"
          : `Qdrant answered with status ${status}`;
  return Object.assign(new Error(`${what} (${said})`), { status });
}

const advice: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED/, "Nothing listens at the address of Qdrant: start it, or correct `url`"],
  [/^(ENOTFOUND|EAI_AGAIN)/, "The host name of Qdrant is not known: correct `url`, or see to the name service"],
  [
    /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)/,
    "Qdrant cannot be reached: see to the network, or a firewall",
  ],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)/, "Qdrant ended the connection: see whether it was stopped, or wants https"],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_\w+)/,
    "The certificate of Qdrant is not trusted: name the file of its authority in NODE_EXTRA_CA_CERTS",
  ],
  [/^(EPROTO|ERR_SSL_\w+)/, "TLS with Qdrant failed: see whether it speaks https at this port"],
];

function isFailedReply(thrown: unknown): thrown is FailedReply {
  return thrown instanceof Error && "status" in thrown && typeof thrown.status === "number";
}

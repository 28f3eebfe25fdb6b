/** What the gateway itself has to say in place of an answer. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 421 | 500 | 502 | 503 | 504;
  /** One word that never changes. */
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Thrown where a request goes no further. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** In the form that the vendors' errors have, so that their SDKs show the message. */
export function refuse({ status, code, message, headers = {} }: Refusal): Response {
  const type = status >= 500 ? "api_error" : "invalid_request_error";
  return new Response(JSON.stringify({ error: { message: `gateway: ${message}`, type, param: null, code } }), {
    status,
    headers: {
      "content-type": "application/json",
      "cache-status": `llmcache; detail=${code.replaceAll("_", "-")}`,
      // What is wrong with a request is still wrong when it is sent again.
      ...(status < 500 && { "x-should-retry": "false" }),
      ...headers,
    },
  });
}

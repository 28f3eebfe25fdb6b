/** What goes wrong with a request. Its vendor says how it is sent. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly parameter: string | null;

  constructor(
    status: number,
    message: string,
    details: { readonly type?: string; readonly code?: string | undefined; readonly parameter?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.type = details.type ?? (status >= 500 ? "server_error" : "invalid_request_error");
    this.code = details.code ?? null;
    this.parameter = details.parameter ?? null;
  }
}

/** The usual error of a status, with the usual type and code. */
export function errorOfStatus(status: number, code?: string): ApiError {
  const message = `The local model was told to answer with status ${status}.`;
  switch (status) {
    case 401:
      return new ApiError(status, message, { code: code ?? "invalid_api_key" });
    case 404:
      return new ApiError(status, message, { code: code ?? "model_not_found" });
    case 429:
      return new ApiError(status, message, {
        type: code === "insufficient_quota" ? code : "requests",
        code: code ?? "rate_limit_exceeded",
      });
    default:
      return new ApiError(status, message, { code });
  }
}

/** A request that lacks something, or has it in a wrong form. */
export function invalidRequest(parameter: string, message: string): ApiError {
  return new ApiError(400, message, { parameter });
}

/** An error as the JSON API sends it (cloud.google.com/storage/docs/json_api/v1/status-codes). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly reason: string;
  readonly location: { readonly locationType: string; readonly location: string } | undefined;

  constructor(
    status: number,
    reason: string,
    message: string,
    location?: { readonly locationType: string; readonly location: string },
  ) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.location = location;
  }

  toJSON(): object {
    const { status, reason, message, location } = this;
    return { error: { code: status, message, errors: [{ message, domain: "global", reason, ...location }] } };
  }
}

export function invalid(message: string): ApiError {
  return new ApiError(400, "invalid", message);
}

export function missingParameter(name: string): ApiError {
  const location = { locationType: "parameter", location: name };
  return new ApiError(400, "required", `Required parameter: ${name}`, location);
}

export function noSuchBucket(): ApiError {
  return new ApiError(404, "notFound", "The specified bucket does not exist.");
}

export function noSuchObject(bucket: string, name: string): ApiError {
  return new ApiError(404, "notFound", `No such object: ${bucket}/${name}`);
}

export function conditionNotMet(): ApiError {
  const location = { locationType: "header", location: "If-Match" };
  const message = "At least one of the pre-conditions you specified did not hold.";
  return new ApiError(412, "conditionNotMet", message, location);
}

/** What a failed `...NotMatch` gives. It has no body. */
export function notModified(): ApiError {
  return new ApiError(304, "notModified", "Not Modified");
}

import { ApiError } from "@google-cloud/storage";

/** What a reply says that is no success, as the SDK's own kind of error: `code` is the status. */
export function errorOfReply(status: number, body: unknown): ApiError {
  const { error, error_description: description, message } = parseReply(body);
  // The API's own errors are objects; those of the endpoint for tokens are a word and a sentence.
  const { message: told = message, errors = [] } = isObject(error) ? error : {};
  const text = typeof error === "string" ? `${error}: ${description ?? ""}` : (told ?? "");
  return Object.assign(new ApiError(`Google answered ${status}: ${text}`), { code: status, errors });
}

interface ErrorOfApi {
  readonly message?: string;
  readonly errors?: ApiError["errors"];
}

interface Reply {
  readonly error?: ErrorOfApi | string;
  readonly error_description?: string;
  readonly message?: string;
}

/** As much of a text, or of a page for people, as says what it is about. */
const mostCharacters = 300;

function parseReply(body: unknown): Reply {
  if (isObject(body) && !Buffer.isBuffer(body)) return body;
  const text = String(body);
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Taken as it is, below.
  }
  return { message: text.slice(0, mostCharacters) };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

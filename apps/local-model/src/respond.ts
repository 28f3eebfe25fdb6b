import { ApiError, errorOfStatus } from "./api-error.ts";
import type { Failure, Route } from "./behaviour.ts";
import { type Endpoint, endpoints } from "./endpoints.ts";
import { type Exchange, json, sendBody, sendError, sendEvents } from "./exchange.ts";
import { modelsAt } from "./models.ts";
import type { Body } from "./question.ts";
import { retryHeaders } from "./response-headers.ts";
import { openai } from "./vendors.ts";

/** A request, read but not yet answered. */
export interface ModelRequest extends Omit<Exchange, "failure"> {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Body | undefined;
  readonly created: () => number;
  /** Counts the request, and tells whether it is to fail. */
  readonly count: (route: Route | "models", embeddingInputs?: number) => Failure | undefined;
}

/** Answers a request. */
export async function respond(request: ModelRequest): Promise<void> {
  const endpoint = endpoints.find(({ path }) => path.test(request.path));
  const vendor = endpoint?.vendor ?? openai;
  try {
    if (!vendor.hasKey(request.request.headers, request.query)) throw new ApiError(401, vendor.keyIsMissing);
    const method = request.request.method ?? "";
    const models = method === "GET" ? modelsAt(request.path) : undefined;
    if (models !== undefined) return await answerModels(request, models);
    if (endpoint === undefined || method !== "POST")
      throw new ApiError(404, `There is no ${method} ${request.path} here.`, { code: "unknown_url" });
    await answer(request, endpoint);
  } catch (error) {
    if (!(error instanceof ApiError) || request.response.headersSent) throw error;
    sendError({ ...request, failure: undefined }, vendor.encodeError(error), error.status);
  }
}

async function answerModels(request: ModelRequest, models: object): Promise<void> {
  request.count("models");
  const behaviour = { ...request.behaviour, beforeEvent: undefined };
  return sendBody({ ...request, behaviour, failure: undefined }, json(models), 0);
}

async function answer(request: ModelRequest, { route, vendor, path, work }: Endpoint): Promise<void> {
  const { behaviour, body, created, query } = request;
  if (body === undefined) throw new ApiError(400, "The body is not a JSON object.");
  const done = work({ body, created, query, behaviour, path: path.exec(request.path) ?? [] });
  const failure = request.count(route, done.embeddingInputs);
  const exchange = { ...request, failure };
  const isStream = "events" in done;
  if (failure?.kind === "status" || (failure?.kind === "error-event" && !isStream)) {
    await behaviour.beforeEvent?.(0);
    const error = errorOfStatus(failure.status ?? 500, failure.code);
    const retryAfter = failure.retryAfter ?? (error.status === 429 ? 1 : undefined);
    return sendError(exchange, vendor.encodeError(error), error.status, retryHeaders(retryAfter));
  }
  return isStream
    ? sendEvents(exchange, done.events, done.encodeFailure(errorOfStatus(500)), done.framing)
    : sendBody(exchange, done.content, done.milliseconds);
}

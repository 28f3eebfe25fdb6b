import { answerQuestion } from "./answer.ts";
import { ApiError, errorOfStatus } from "./api-error.ts";
import type { Failure, Route } from "./behaviour.ts";
import { chatFormat } from "./chat-format.ts";
import { completionsFormat } from "./completions-format.ts";
import { encodeEmbeddings, readEmbeddingQuestion } from "./embeddings.ts";
import { type Exchange, sendBody, sendError, sendEvents } from "./exchange.ts";
import { newIdentifier } from "./identifiers.ts";
import { modelNamed, models } from "./models.ts";
import type { Body } from "./question.ts";
import { retryHeaders } from "./response-headers.ts";
import { responsesFormat } from "./responses-format.ts";
import type { WireFormat } from "./wire-format.ts";

/** A request, read but not yet answered. */
export interface ModelRequest extends Omit<Exchange, "failure"> {
  readonly path: string;
  readonly body: Body | undefined;
  readonly created: () => number;
  /** Counts the request, and tells whether it is to fail. */
  readonly count: (route: Route | "models", embeddingInputs?: number) => Failure | undefined;
}

const formats: ReadonlyMap<string, readonly ["chat" | "completions" | "responses", WireFormat]> = new Map([
  ["/v1/chat/completions", ["chat", chatFormat]],
  ["/v1/completions", ["completions", completionsFormat]],
  ["/v1/responses", ["responses", responsesFormat]],
]);

/** Answers a request. */
export async function respond(request: ModelRequest): Promise<void> {
  try {
    await dispatch(request);
  } catch (error) {
    if (!(error instanceof ApiError) || request.response.headersSent) throw error;
    sendError({ ...request, failure: undefined }, error);
  }
}

async function dispatch(request: ModelRequest): Promise<void> {
  const { path } = request;
  const method = request.request.method ?? "";
  if ((request.request.headers.authorization ?? "") === "") {
    throw new ApiError(401, "The request has no API key: an Authorization header must carry one, as in “Bearer KEY”.");
  }
  if (method === "GET" && (path === "/v1/models" || path.startsWith("/v1/models/"))) return answerModels(request);
  const format = formats.get(path);
  if (method !== "POST" || (format === undefined && path !== "/v1/embeddings")) {
    throw new ApiError(404, `There is no ${method} ${path} here.`, { code: "unknown_url" });
  }
  if (request.body === undefined) throw new ApiError(400, "The body is not a JSON object.");
  if (format === undefined) return answerEmbeddings(request, request.body);
  return answerText(request, request.body, ...format);
}

async function answerModels(request: ModelRequest): Promise<void> {
  request.count("models");
  const name = request.path.slice("/v1/models/".length);
  const behaviour = { ...request.behaviour, beforeEvent: undefined };
  return sendBody(
    { ...request, behaviour, failure: undefined },
    name === "" ? models : modelNamed(decodeURIComponent(name)),
    0,
  );
}

async function answerText(request: ModelRequest, body: Body, route: Route, format: WireFormat): Promise<void> {
  const question = format.readQuestion(body);
  const failure = request.count(route);
  if (await answerFailure(request, failure, body["stream"] === true)) return;
  const { behaviour, created } = request;
  const exchange = { ...request, failure };
  const answer = answerQuestion(question, behaviour.answer);
  const stamp = { id: newIdentifier(format.identifierPrefix), created: created() };
  if (body["stream"] === true) {
    return sendEvents(
      exchange,
      format.encodeEvents(answer, body, question, stamp),
      format.encodeFailure(errorOfStatus(500)),
    );
  }
  const milliseconds = behaviour.firstTokenMs + (answer.outputTokens * 1000) / behaviour.tokensPerSecond;
  return sendBody(exchange, format.encodeBody(answer, body, question, stamp), milliseconds);
}

async function answerEmbeddings(request: ModelRequest, body: Body): Promise<void> {
  const question = readEmbeddingQuestion(body);
  const failure = request.count("embeddings", question.texts.length);
  if (await answerFailure(request, failure, false)) return;
  return sendBody({ ...request, failure }, encodeEmbeddings(question), request.behaviour.embeddingMs);
}

/** Sends the failures that are a whole response. Resolves to whether it did. */
async function answerFailure(request: ModelRequest, failure: Failure | undefined, stream: boolean): Promise<boolean> {
  if (failure === undefined || (failure.kind !== "status" && (failure.kind !== "error-event" || stream))) return false;
  await request.behaviour.beforeEvent?.(0);
  const error = errorOfStatus(failure.status ?? 500, failure.code);
  const retryAfter = failure.retryAfter ?? (error.status === 429 ? 1 : undefined);
  sendError({ ...request, failure }, error, retryHeaders(retryAfter));
  return true;
}

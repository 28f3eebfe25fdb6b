import { speak, transcribe } from "./audio.ts";
import { draw } from "./images.ts";
import { moderate } from "./moderations.ts";
import { rerank } from "./rerank.ts";
import { answerQuestion } from "./answer.ts";
import type { ApiError } from "./api-error.ts";
import type { Behaviour, Route } from "./behaviour.ts";
import { chatFormat } from "./chat-format.ts";
import { completionsFormat } from "./completions-format.ts";
import { encodeEmbeddings, readEmbeddingQuestion } from "./embeddings.ts";
import { type Content, type Framing, json } from "./exchange.ts";
import { encodeGeminiEmbeddings, readGeminiTexts } from "./gemini-embeddings.ts";
import { geminiFormat } from "./gemini-format.ts";
import { newIdentifier } from "./identifiers.ts";
import { messagesFormat } from "./messages-format.ts";
import type { Body } from "./question.ts";
import { responsesFormat } from "./responses-format.ts";
import { anthropic, google, openai, type Vendor } from "./vendors.ts";
import type { ServerSentEvent, WireFormat } from "./wire-format.ts";

/** One of the URLs that models answer at, by POST. */
export interface Endpoint {
  readonly route: Route;
  readonly path: RegExp;
  readonly vendor: Vendor;
  /** @throws {ApiError} for a body that lacks something */
  readonly work: (task: Task) => Work;
}

/** What a model is asked to do. */
export interface Task {
  readonly body: Body;
  readonly query: URLSearchParams;
  /** What the endpoint's pattern found in the path. */
  readonly path: readonly string[];
  readonly behaviour: Behaviour;
  readonly created: () => number;
}

/** What it does: a whole answer after so long, or a stream at its own pace. */
export type Work = { readonly embeddingInputs?: number } & (
  | { readonly content: Content; readonly milliseconds: number }
  | {
      readonly events: Iterable<ServerSentEvent>;
      readonly encodeFailure: (error: ApiError) => ServerSentEvent;
      /** @default "events" */
      readonly framing?: Framing;
    }
);

export const endpoints: readonly Endpoint[] = [
  textEndpoint("chat", /^\/v1\/chat\/completions$/, openai, chatFormat),
  textEndpoint("completions", /^\/v1\/completions$/, openai, completionsFormat),
  textEndpoint("responses", /^\/v1\/responses$/, openai, responsesFormat),
  {
    route: "gemini",
    path: /^\/v1(?:beta)?\/models\/([^/:]+):(generate|streamGenerate)Content$/,
    vendor: google,
    work: (task) => {
      const [, model, method] = task.path;
      const body = { ...task.body, model, stream: method === "streamGenerate" };
      const work = write({ ...task, body }, geminiFormat);
      return { ...work, ...("events" in work && { framing: task.query.get("alt") === "sse" ? "events" : "array" }) };
    },
  },
  {
    route: "embeddings",
    path: /^\/v1(?:beta)?\/models\/([^/:]+):(e|batchE)mbedContents?$/,
    vendor: google,
    work: ({ body, behaviour, path: [, model = "", method] }) => {
      const texts = readGeminiTexts(body);
      return {
        content: json(encodeGeminiEmbeddings(model, texts, method === "batchE")),
        milliseconds: behaviour.embeddingMs,
        embeddingInputs: texts.length,
      };
    },
  },
  textEndpoint("messages", /^\/v1\/messages$/, anthropic, messagesFormat),
  { route: "embeddings", path: /^\/v1\/embeddings$/, vendor: openai, work: embed },
  { route: "transcriptions", path: /^\/v1\/audio\/(?:transcription|translation)s$/, vendor: openai, work: transcribe },
  { route: "speech", path: /^\/v1\/audio\/speech$/, vendor: openai, work: speak },
  { route: "images", path: /^\/v1\/images\/(generations|edits)$/, vendor: openai, work: draw },
  { route: "moderations", path: /^\/v1\/moderations$/, vendor: openai, work: moderate },
  { route: "rerank", path: /^\/v[12]\/rerank$/, vendor: openai, work: rerank },
];

function textEndpoint(route: Route, path: RegExp, vendor: Vendor, format: WireFormat): Endpoint {
  return { route, path, vendor, work: (task) => write(task, format) };
}

function write({ body, behaviour, created }: Task, format: WireFormat): Work {
  const question = format.readQuestion(body);
  const answer = answerQuestion(question, behaviour.answer);
  const stamp = { id: newIdentifier(format.identifierPrefix), created: created() };
  if (body["stream"] === true) {
    const { encodeFailure } = format;
    return { events: format.encodeEvents(answer, body, question, stamp), encodeFailure };
  }
  const milliseconds = behaviour.firstTokenMs + (answer.outputTokens * 1000) / behaviour.tokensPerSecond;
  return { content: json(format.encodeBody(answer, body, question, stamp)), milliseconds };
}

function embed({ body, behaviour }: Task): Work {
  const question = readEmbeddingQuestion(body);
  return {
    content: json(encodeEmbeddings(question)),
    milliseconds: behaviour.embeddingMs,
    embeddingInputs: question.texts.length,
  };
}

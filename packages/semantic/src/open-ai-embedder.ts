import { checkOptions, describeType, positiveInteger } from "@llmcache/core";

/** Turns texts into vectors, one for each, in order. */
export type Embed = (
  texts: readonly string[],
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<Float32Array[]>;

export interface OpenAiEmbedderOptions {
  /** Where the API is, up to and with its version. @default "https://api.openai.com/v1" */
  readonly baseUrl?: string | undefined;
  /** Sent as a bearer token; in no error and no log. */
  readonly apiKey: string;
  readonly model: string;
  /** The length of the vectors: asked of the API, and checked. @default what the model gives */
  readonly dimensions?: number | undefined;
  /** The longest text, in UTF-16 code units. What is longer is refused: cut short, it would be another question. @default 8 000 */
  readonly maxInput?: number | undefined;
  /** The most texts in a request. @default 256 */
  readonly maxBatch?: number | undefined;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Vectors are sent in base64, which is a third of their decimal form. */
const encoding = "base64";

/**
 * Embeds texts by any endpoint that is compatible with OpenAI's `POST /embeddings`. One attempt: a cache goes on without it.
 *
 * Rejects with a `RangeError` for a text longer than `maxInput`, with the signal's reason after an abort, and with an `Error` that names
 * the status for an answer that is none.
 *
 * @throws {TypeError} for an unknown option or one that is out of range.
 */
export function openAiEmbedder(options: OpenAiEmbedderOptions): Embed {
  checkOptions("openAiEmbedder", options, optionNames);
  const {
    baseUrl = "https://api.openai.com/v1",
    apiKey,
    model,
    dimensions,
    maxInput = 8_000,
    maxBatch = 256,
  } = options;
  for (const [name, value] of Object.entries({ baseUrl, apiKey, model })) checkText(name, value);
  for (const [name, value] of Object.entries({ dimensions: dimensions ?? 1, maxInput, maxBatch }))
    positiveInteger(name, value);
  if (!URL.canParse(baseUrl)) throw new TypeError("baseUrl must be a URL");
  const url = `${baseUrl.replace(/\/+$/, "")}/embeddings`;
  const send = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  const embedBatch = async (input: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> => {
    const response = await send(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({
        model,
        input,
        encoding_format: encoding,
        ...(dimensions !== undefined && { dimensions }),
      }),
      redirect: "error", // The key goes nowhere else.
      ...(signal !== undefined && { signal }),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the embeddings endpoint answered with status ${response.status}`);
    }
    return readVectors(await readJson(response, signal), input.length, dimensions);
  };

  return async (texts, { signal } = {}) => {
    signal?.throwIfAborted();
    for (const [index, text] of texts.entries()) {
      if (text.length > maxInput) throw new RangeError(`text ${index} is longer than maxInput, ${maxInput}`);
    }
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += maxBatch) {
      vectors.push(...(await embedBatch(texts.slice(start, start + maxBatch), signal)));
    }
    return vectors;
  };
}

/** What is in the body of a broken answer is not put into the error: it may repeat the prompt. */
async function readJson(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    signal?.throwIfAborted();
    throw new Error("the embeddings endpoint answered with something that is no JSON, or not to its end");
  }
}

/** The vectors of an answer, in the order of the texts, whatever the order they came in. */
function readVectors(body: unknown, count: number, dimensions: number | undefined): Float32Array[] {
  const data: unknown = (body as { data?: unknown } | null)?.data;
  if (!Array.isArray(data) || data.length !== count) {
    throw new Error(`the embeddings endpoint answered without one vector for each of ${count} texts`);
  }
  const vectors: Float32Array[] = [];
  for (const one of data as { index?: unknown; embedding?: unknown }[]) {
    const vector = readVector(one.embedding);
    if (vector === undefined || vector.length === 0)
      throw new Error("the embeddings endpoint answered with a vector that is none");
    vectors[Number(one.index)] = vector;
  }
  const length = dimensions ?? vectors[0]?.length;
  for (let index = 0; index < count; index++) {
    const vector = vectors[index];
    if (vector === undefined)
      throw new Error("the embeddings endpoint answered twice for one text and not for another");
    if (vector.length !== length) {
      throw new Error(`the embeddings endpoint answered with ${vector.length} dimensions where ${length} were due`);
    }
  }
  return vectors;
}

/** Base64 as asked for, or numbers from an endpoint that only knows those. */
function readVector(embedding: unknown): Float32Array | undefined {
  if (Array.isArray(embedding))
    return embedding.every(Number.isFinite) ? Float32Array.from(embedding as number[]) : undefined;
  if (typeof embedding !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(embedding)) return undefined;
  const bytes = Uint8Array.from(atob(embedding), (character) => character.charCodeAt(0));
  if (bytes.length % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer);
  const vector = Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
  return vector.every(Number.isFinite) ? vector : undefined;
}

function checkText(name: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw new TypeError(`${name} must be a string of at least one character, got ${describeType(value)}`);
}

const optionNames = [
  "baseUrl",
  "apiKey",
  "model",
  "dimensions",
  "maxInput",
  "maxBatch",
  "fetch",
] as const satisfies readonly (keyof OpenAiEmbedderOptions)[];

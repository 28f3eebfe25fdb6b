import { invalidRequest } from "./api-error.ts";
import { readInputs } from "./input.ts";
import { type Body, numberMember, readModel } from "./question.ts";
import { randomFrom, seedOf } from "./seed.ts";

/** The most inputs that the API takes in one request. */
const mostInputs = 2048;

/** What an embeddings request asks. */
export interface EmbeddingQuestion {
  readonly model: string;
  readonly texts: readonly string[];
  readonly inputTokens: number;
  readonly dimensions: number;
  readonly base64: boolean;
}

/** Reads the body of `POST /v1/embeddings`. @throws {ApiError} for one that lacks something. */
export function readEmbeddingQuestion(body: Body): EmbeddingQuestion {
  const model = readModel(body);
  const inputs = readInputs(body["input"]);
  if (inputs.length === 0) throw invalidRequest("input", "input must be a string, token ids, or an array of either.");
  if (inputs.length > mostInputs) throw invalidRequest("input", `input must have at most ${mostInputs} items.`);
  if (inputs.some((input) => input.tokens === 0)) throw invalidRequest("input", "input must not have an empty text.");
  const format = body["encoding_format"] ?? "float";
  if (format !== "float" && format !== "base64")
    throw invalidRequest("encoding_format", "encoding_format must be float or base64.");
  const full = model.includes("large") ? 3072 : 1536;
  const dimensions = numberMember(body, ["dimensions"], full);
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > full) {
    throw invalidRequest("dimensions", `dimensions must be a whole number from 1 to ${full}.`);
  }
  return {
    model,
    texts: inputs.map((input) => input.text),
    inputTokens: inputs.reduce((total, input) => total + input.tokens, 0),
    dimensions,
    base64: format === "base64",
  };
}

/** The answer's body (platform.openai.com/docs/api-reference/embeddings). */
export function encodeEmbeddings(question: EmbeddingQuestion): object {
  return {
    object: "list",
    data: question.texts.map((text, index) => {
      const vector = embed(text, question);
      return { object: "embedding", index, embedding: question.base64 ? toBase64(vector) : [...vector] };
    }),
    model: question.model,
    usage: { prompt_tokens: question.inputTokens, total_tokens: question.inputTokens },
  };
}

/**
 * A vector of length 1 that is always the same for a text and a model. It is a sum over the text's words, so texts that
 * share words point in similar directions; fewer `dimensions` are the first ones of the whole vector.
 */
export function embed(
  text: string,
  { model, dimensions }: Pick<EmbeddingQuestion, "model" | "dimensions">,
): Float32Array {
  const vector = new Float64Array(dimensions);
  // The whole text counts too, so that two orders of the same words are near and still differ.
  const parts = [text, ...(text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [])];
  for (const part of parts) {
    const random = randomFrom(seedOf(`${model} ${part}`));
    for (let index = 0; index < dimensions; index++) vector[index] = (vector[index] ?? 0) + random() - 0.5;
  }
  const length = Math.sqrt(vector.reduce((total, value) => total + value * value, 0));
  return Float32Array.from(vector, (value) => value / length);
}

/** Little-endian float32, as the API sends it. */
function toBase64(vector: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, index) => bytes.setFloat32(index * 4, value, true));
  return Buffer.from(bytes.buffer).toString("base64");
}

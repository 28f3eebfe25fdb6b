import { isObject, parseObject } from "../json-object.ts";
import { elementsOf, membersOf, withMember } from "../json-text.ts";
import { mergeUsage, shareUsage } from "../usage.ts";
import { type AnswerPart, endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/embeddings` (platform.openai.com/docs/api-reference/embeddings), as OpenAI and many others speak it. */
export const embeddings: WireFormat = {
  operation: "embedding",
  matches: endsIn("/embeddings"),
  isCacheable: (params) => inputsOf(params) !== undefined,
  isComplete: () => false,
  batch: { inputsOf, restOf: ({ input: _, ...rest }) => rest, withInputs, split, join, isPart },
};

/** One embedding, and what stood around it. Vectors stay the text that they came as. */
interface EmbeddingPart extends AnswerPart {
  /** The members of the body in their order, as they were spelled; `data` and `usage` are empty. */
  readonly frame: readonly (readonly [name: string, value: string])[];
  /** The element of `data`: what comes before its index, and what comes after. */
  readonly element: readonly [before: string, after: string];
  /** The input's share of the usage. */
  readonly usage: unknown;
}

/** A text or a list of token ids, alone or in a list. */
function inputsOf({ input }: Params): readonly unknown[] | undefined {
  if (typeof input === "string") return [input];
  if (!Array.isArray(input) || input.length === 0) return undefined;
  if (isTokens(input)) return [input];
  return input.every((item) => typeof item === "string") || input.every(isTokens) ? input : undefined;
}

function isTokens(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isSafeInteger);
}

function withInputs(body: string, inputs: readonly unknown[]): string {
  return withMember(body, "input", JSON.stringify(inputs));
}

function split(body: string, inputs: readonly unknown[]): EmbeddingPart[] | undefined {
  const parsed = parseObject(body);
  const data = parsed?.["data"];
  if (parsed === undefined || ("error" in parsed && parsed["error"] !== null) || !Array.isArray(data)) return undefined;
  if (data.length !== inputs.length || !data.every(isEmbedding)) return undefined;
  const members = membersOf(body);
  const spans = elementsOf(body, members.findLast(({ name }) => name === "data")?.start ?? 0);
  const frame = members.map(
    ({ name, start, end }) => [name, name === "data" || name === "usage" ? "" : body.slice(start, end)] as const,
  );
  const shares = shareUsage(parsed["usage"], inputs.map(lengthOf));
  const parts: EmbeddingPart[] = [];
  for (const [position, { index }] of data.entries()) {
    const span = spans[position];
    if (span === undefined) return undefined;
    const element = body.slice(span.start, span.end);
    const place = membersOf(element, 0).findLast(({ name }) => name === "index");
    if (place === undefined || index >= inputs.length || parts[index] !== undefined) return undefined;
    parts[index] = { frame, element: [element.slice(0, place.start), element.slice(place.end)], usage: shares[index] };
  }
  return parts;
}

function isEmbedding(element: unknown): element is { readonly index: number } {
  if (!isObject(element)) return false;
  const { index, embedding } = element;
  if (!Number.isSafeInteger(index) || (index as number) < 0) return false;
  if (typeof embedding === "string") return embedding !== "";
  return Array.isArray(embedding) && embedding.length > 0 && embedding.every(Number.isFinite);
}

/** How much of the usage is likely to be an input's: exact for token ids, an estimate for texts. */
function lengthOf(input: unknown): number {
  return Math.max(1, typeof input === "string" || Array.isArray(input) ? input.length : 1);
}

function join(parts: readonly AnswerPart[], frame: number): string {
  const typed = parts as readonly EmbeddingPart[];
  const data = typed.map(({ element: [before, after] }, index) => `${before}${index}${after}`).join(",");
  const usage = JSON.stringify(mergeUsage(typed.map((part) => part.usage)) ?? null);
  const members = (typed[frame]?.frame ?? []).map(([name, value]) => {
    const text = name === "data" ? `[${data}]` : name === "usage" ? usage : value;
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{${members.join(",")}}`;
}

function isPart(value: unknown): value is EmbeddingPart {
  if (!isObject(value) || !Array.isArray(value["frame"]) || !Array.isArray(value["element"])) return false;
  return value["element"].length === 2 && value["element"].every((text) => typeof text === "string");
}

import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4ResponseMetadata,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";

/** A whole answer without what belongs to the exchange it came with: the request, the response's headers and body. */
export type Answer = Omit<LanguageModelV4GenerateResult, "request" | "response"> & {
  response?: LanguageModelV4ResponseMetadata;
};

/** What the parts of a stream say together. */
export interface Assembled {
  readonly answer: Answer;
  /** Whether a call that is not streamed would have been told the same. */
  readonly isLossless: boolean;
}

/** What of a result is kept. */
export function answerOf({ request: _, response, ...answer }: LanguageModelV4GenerateResult): Answer {
  if (response === undefined) return answer;
  const { headers: _headers, body: _body, ...metadata } = response;
  return { ...answer, response: metadata };
}

/**
 * Puts the parts of a stream together, as the AI SDK does for its own callers: a text's metadata is the last that any of its parts had.
 * `undefined` for a stream that failed, or has no end.
 */
export function assemble(parts: readonly LanguageModelV4StreamPart[]): Assembled | undefined {
  const assembly = new Assembly();
  for (const part of parts) assembly.add(part);
  return assembly.result();
}

type Block = Extract<LanguageModelV4Content, { type: "text" | "reasoning" }>;
type Finish = Extract<LanguageModelV4StreamPart, { type: "finish" }>;

class Assembly {
  readonly #content: LanguageModelV4Content[] = [];
  readonly #blocks = new Map<string, Block>();
  readonly #open = new Set<string>();
  #warnings: Answer["warnings"] = [];
  #response: LanguageModelV4ResponseMetadata | undefined;
  #finish: Finish | undefined;
  #failed = false;
  #isLossless = true;

  add(part: LanguageModelV4StreamPart): void {
    switch (part.type) {
      case "text-start":
      case "reasoning-start":
        return this.#begin(part.type === "text-start" ? "text" : "reasoning", part.id, part.providerMetadata);
      case "text-delta":
      case "reasoning-delta":
      case "text-end":
      case "reasoning-end":
        return this.#continue(part);
      case "tool-result":
        // What is preliminary is replaced by what follows.
        if (part.preliminary !== true) this.#content.push(part);
        return;
      case "tool-call":
      case "tool-approval-request":
      case "file":
      case "reasoning-file":
      case "source":
      case "custom":
        this.#content.push(part);
        return;
      case "stream-start":
        this.#warnings = [...this.#warnings, ...part.warnings];
        return;
      case "response-metadata": {
        const { type: _, ...metadata } = part;
        this.#response = { ...this.#response, ...metadata };
        return;
      }
      case "finish":
        this.#finish = part;
        return;
      case "error":
        this.#failed = true;
        return;
      case "tool-input-start":
      case "tool-input-delta":
      case "tool-input-end":
      case "ping":
      case "raw":
        // Said again by the call of the tool, or no part of an answer.
        return;
      default:
        // A part of a newer version: what it would be in a whole answer is not known.
        this.#isLossless = false;
    }
  }

  result(): Assembled | undefined {
    if (this.#failed || this.#finish === undefined || this.#open.size > 0) return undefined;
    const { type: _, ...end } = this.#finish;
    // Some servers tell a stream's usage only when asked, and a plain answer's always.
    const hasUsage = end.usage.inputTokens.total !== undefined || end.usage.outputTokens.total !== undefined;
    return {
      answer: {
        content: this.#content,
        ...end,
        warnings: this.#warnings,
        ...(this.#response !== undefined && { response: this.#response }),
      },
      isLossless: this.#isLossless && hasUsage,
    };
  }

  #begin(type: Block["type"], id: string, providerMetadata: Block["providerMetadata"]): void {
    const block: Block = { type, text: "", ...(providerMetadata !== undefined && { providerMetadata }) };
    this.#blocks.set(`${type} ${id}`, block);
    this.#open.add(`${type} ${id}`);
    this.#content.push(block);
  }

  #continue(
    part: Extract<LanguageModelV4StreamPart, { type: "text-delta" | "reasoning-delta" | "text-end" | "reasoning-end" }>,
  ): void {
    const [type] = part.type.split("-");
    const place = `${type} ${part.id}`;
    const block = this.#blocks.get(place);
    if (block === undefined || !this.#open.has(place)) {
      this.#failed = true;
      return;
    }
    if ("delta" in part) block.text += part.delta;
    else this.#open.delete(place);
    if (part.providerMetadata !== undefined) block.providerMetadata = part.providerMetadata;
    if (part.type === "text-end" && part.citations !== undefined) Object.assign(block, { citations: part.citations });
  }
}

/** Takes a whole answer apart, each text in one piece. `undefined` where a stream has no place for something that it says. */
export function takeApart(answer: Answer): LanguageModelV4StreamPart[] | undefined {
  const { content, warnings, response, finishReason, usage, providerMetadata, ...others } = answer;
  if (Object.values(others).some((value) => value !== undefined)) return undefined;
  const pieces = content.map((part, index) => piecesOf(part, String(index)));
  if (!pieces.every((piece) => piece !== undefined)) return undefined;
  return [
    { type: "stream-start", warnings },
    ...(response === undefined ? [] : [{ type: "response-metadata" as const, ...response }]),
    ...pieces.flat(),
    { type: "finish", finishReason, usage, ...(providerMetadata !== undefined && { providerMetadata }) },
  ];
}

function piecesOf(part: LanguageModelV4Content, id: string): LanguageModelV4StreamPart[] | undefined {
  const { providerMetadata } = part;
  const metadata = providerMetadata === undefined ? {} : { providerMetadata };
  switch (part.type) {
    case "text":
      return [
        { type: "text-start", id, ...metadata },
        { type: "text-delta", id, delta: part.text },
        { type: "text-end", id, ...(part.citations !== undefined && { citations: part.citations }) },
      ];
    case "reasoning":
      return [
        { type: "reasoning-start", id, ...metadata },
        { type: "reasoning-delta", id, delta: part.text },
        { type: "reasoning-end", id },
      ];
    case "tool-call": {
      const { toolCallId, toolName, input, providerExecuted, dynamic } = part;
      const kind = {
        ...(providerExecuted !== undefined && { providerExecuted }),
        ...(dynamic !== undefined && { dynamic }),
      };
      return [
        { type: "tool-input-start", id: toolCallId, toolName, ...kind },
        { type: "tool-input-delta", id: toolCallId, delta: input },
        { type: "tool-input-end", id: toolCallId },
        part,
      ];
    }
    case "tool-result":
    case "tool-approval-request":
    case "file":
    case "reasoning-file":
    case "source":
    case "custom":
      return [part];
    default:
      return undefined;
  }
}

/** Whether a stored value is a whole answer. Under a key of the caller's own it may be anything. */
export function isAnswer(value: unknown): value is Answer {
  return (
    typeof value === "object" &&
    value !== null &&
    "content" in value &&
    Array.isArray(value.content) &&
    "finishReason" in value &&
    "usage" in value
  );
}

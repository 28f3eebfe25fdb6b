/** The tokens of one answer. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
}

/** What the vendors call them. Those of one answer that stand beside each other add up. */
const inputNames = [
  ["prompt_tokens"],
  ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"],
  ["promptTokenCount"],
] as const;
const outputNames = [["completion_tokens"], ["output_tokens"], ["candidatesTokenCount", "thoughtsTokenCount"]] as const;

/** The tokens that an answer says it used: a JSON body, a stream of events, or an array of Gemini's. `undefined`: it does not say. */
export function usageIn(body: string, contentType: string): Tokens | undefined {
  if (!body.includes('"usage')) return undefined;
  const parts = contentType.startsWith("text/event-stream")
    ? body
        .split(/\r?\n|\r/)
        .filter((line) => line.startsWith("data:") && line.includes('"usage'))
        .map((line) => parse(line.slice("data:".length)))
    : [parse(body)].flat();
  // Of a stream each event says what was used so far.
  const found = parts.flatMap((part) => usagesOf(part)).map(tokensOf);
  if (found.length === 0) return undefined;
  return {
    input: Math.max(...found.map(({ input }) => input)),
    output: Math.max(...found.map(({ output }) => output)),
  };
}

/** Where vendors put it: in the body, or in what an event carries. */
function usagesOf(part: unknown): Record<string, unknown>[] {
  if (!isObject(part)) return [];
  return [part, part["response"], part["message"]]
    .filter(isObject)
    .flatMap((holder) => [holder["usage"], holder["usageMetadata"]])
    .filter(isObject);
}

function tokensOf(usage: Readonly<Record<string, unknown>>): Tokens {
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + amount(usage[name]), 0);
  return { input: Math.max(...inputNames.map(sum)), output: Math.max(...outputNames.map(sum)) };
}

function amount(value: unknown): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { invalidRequest } from "./api-error.ts";
import type { Task, Work } from "./endpoints.ts";
import { json } from "./exchange.ts";
import { newIdentifier } from "./identifiers.ts";
import { randomFrom, seedOf } from "./seed.ts";

const categories = ["harassment", "hate", "illicit", "self-harm", "sexual", "violence"] as const;

/** `POST /v1/moderations` (platform.openai.com/docs/api-reference/moderations): a text is flagged for a category that it names. */
export function moderate({ body, behaviour }: Task): Work {
  const { input, model = "omni-moderation-latest" } = body;
  const texts = Array.isArray(input) && input.every((item) => typeof item === "string") ? input : [input];
  if (input === undefined || texts.length === 0)
    throw invalidRequest("input", "input must be a text or a list of some.");
  const results = texts.map((text) => JSON.stringify(text)).map(judge);
  return { content: json({ id: newIdentifier("modr-", 29), model, results }), milliseconds: behaviour.firstTokenMs };
}

function judge(text: string): object {
  const random = randomFrom(seedOf(text));
  const named = categories.filter((category) => text.toLowerCase().includes(category));
  const each = <Value>(value: (category: (typeof categories)[number]) => Value) =>
    Object.fromEntries(categories.map((category) => [category, value(category)]));
  return {
    flagged: named.length > 0,
    categories: each((category) => named.includes(category)),
    category_scores: each((category) => (named.includes(category) ? 0.9 : 0) + random() / 10),
    category_applied_input_types: each(() => ["text"]),
  };
}

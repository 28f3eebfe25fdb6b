import { countTokens } from "./tokens.ts";

/** One of the texts of a request, which may come as token ids. */
export interface Input {
  readonly text: string;
  readonly tokens: number;
}

/** Reads a string, token ids, or an array of either; empty when it is nothing of these. */
export function readInputs(value: unknown): Input[] {
  if (typeof value === "string") return [{ text: value, tokens: countTokens(value) }];
  if (!Array.isArray(value)) return [];
  if (value.length > 0 && value.every((item) => typeof item === "number"))
    return [{ text: value.join(" "), tokens: value.length }];
  const inputs = value.map((item) => (Array.isArray(item) && item.length === 0 ? [] : readInputs(item)));
  return inputs.every((input) => input.length === 1) ? inputs.flat() : [];
}

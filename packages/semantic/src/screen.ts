import type { Call } from "@llmcache/core";
import { analyse } from "./features/analyse.ts";
import type { Features } from "./features/features.ts";
import type { VetoCode } from "./guards/guard.ts";
import { vetoOf } from "./guards/index.ts";
import { leansOnEarlierTurns } from "./leaning.ts";
import type { Language } from "./languages/language.ts";

/** Why a call is answered by no similar question, however similar. */
export type ScreenCode = "temperature" | "tool-result" | "empty" | "leans-on-earlier-turns" | VetoCode;

export interface ScreenSettings {
  readonly maxTemperature: number;
  readonly language: Language;
}

/** Decides by a call alone whether a similar question may answer it; if so, gives what guards compare. */
export function screen(
  { params }: Call,
  prompt: string,
  { maxTemperature, language }: ScreenSettings,
): { readonly features: Features } | { readonly screened: ScreenCode } {
  const temperature = temperatureOf(params);
  if (temperature !== undefined && temperature > maxTemperature) return { screened: "temperature" };
  const turns = turnsOf(params);
  if (holdsToolResult(turns.at(-1))) return { screened: "tool-result" };
  if (prompt.trim() === "") return { screened: "empty" };
  const features = analyse(prompt, language);
  // What guards do not even let pass for itself they would refuse for all others.
  const veto = vetoOf(features, features, language);
  if (veto !== undefined) return { screened: veto.code };
  const hasEarlierTurns = turns.length > 1 || continues(params);
  if (hasEarlierTurns && leansOnEarlierTurns(prompt, features)) return { screened: "leans-on-earlier-turns" };
  return { features };
}

/** Chat, Responses, Messages and Completions; Gemini. */
function temperatureOf(params: unknown): number | undefined {
  const { temperature, generationConfig } = membersOf(params);
  const found = temperature ?? membersOf(generationConfig)["temperature"];
  return typeof found === "number" ? found : undefined;
}

const instructing: ReadonlySet<unknown> = new Set(["system", "developer"]);

/** What was said, the instructions left out. */
function turnsOf(params: unknown): readonly unknown[] {
  const members = membersOf(params);
  const turns = ["messages", "input", "contents", "prompt"]
    .map((name) => members[name])
    .find((given) => given !== undefined);
  return Array.isArray(turns) ? turns.filter((turn) => !instructing.has(membersOf(turn)["role"])) : [];
}

/** Whether the vendor keeps earlier turns (Responses), or the caller sends them as tokens (Ollama). */
function continues(params: unknown): boolean {
  const { previous_response_id: previous, conversation, context } = membersOf(params);
  return [previous, conversation, context].some((given) => given !== undefined && given !== null);
}

/** Whether a turn brings what a tool said (Anthropic, Gemini). */
function holdsToolResult(turn: unknown): boolean {
  const { content, parts } = membersOf(turn);
  return [content, parts].some(
    (list) =>
      Array.isArray(list) &&
      list
        .map(membersOf)
        .some(({ type, functionResponse }) => type === "tool_result" || functionResponse !== undefined),
  );
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

import { readFile } from "node:fs/promises";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { UsageError } from "./usage-error.ts";

/** One prompt: the messages to send. */
export type Prompt = readonly ChatCompletionMessageParam[];

/**
 * Reads a file of prompts: one JSON value in each line, a text or an object with `prompt`, `question`, `messages` or `turns`
 * (of which the first counts). Empty lines are skipped.
 *
 * @throws {UsageError} for a file that cannot be read or has no prompts, and for a line that is no prompt, naming it
 */
export async function readPrompts(path: string): Promise<Prompt[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError(`${path}: ${reasonOf(error as NodeJS.ErrnoException)}.`);
  });
  const prompts = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap((line, index) => (line.trim() === "" ? [] : [readLine(line, `${path}:${index + 1}`)]));
  if (prompts.length === 0) throw new UsageError(`${path}: the file has no prompts.`);
  return prompts;
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "there is no such file";
  if (error.code === "EISDIR") return "this is a folder, not a file";
  return `it cannot be read (${error.code ?? error.message})`;
}

function readLine(line: string, place: string): Prompt {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UsageError(`${place}: this line is not JSON: ${line.length > 60 ? `${line.slice(0, 60)}…` : line}`);
  }
  const prompt = promptIn(value);
  if (prompt === undefined) {
    throw new UsageError(
      `${place}: this line is neither a text nor an object with "prompt", "question", "messages" or "turns".`,
    );
  }
  return prompt;
}

function promptIn(value: unknown): Prompt | undefined {
  if (typeof value === "string") return value.trim() === "" ? undefined : [{ role: "user", content: value }];
  if (typeof value !== "object" || value === null) return undefined;
  const { prompt, question, messages, turns, content } = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(messages)) return messages.length > 0 && messages.every(isMessage) ? messages : undefined;
  const [firstTurn] = Array.isArray(turns) ? (turns as unknown[]) : [];
  return (
    [prompt, question, content]
      .map((text) => (typeof text === "string" ? promptIn(text) : undefined))
      .find((found) => found !== undefined) ?? promptIn(firstTurn)
  );
}

function isMessage(value: unknown): value is ChatCompletionMessageParam {
  return (
    typeof value === "object" &&
    value !== null &&
    "role" in value &&
    "content" in value &&
    typeof value.role === "string"
  );
}

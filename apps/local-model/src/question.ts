import { invalidRequest } from "./api-error.ts";

/** A request's body. */
export type Body = Readonly<Record<string, unknown>>;

/** A file that came in a form. */
export interface FormFile {
  readonly name: string;
  readonly type: string;
  readonly base64: string;
}

/** A tool that the model may call. */
export interface Tool {
  readonly name: string;
  /** The JSON schema of its arguments. */
  readonly parameters: unknown;
}

/** What a request asks, in whichever format it came. */
export interface Question {
  readonly model: string;
  /** The last thing the user said, one for each answer to give. Only the old completions ask for several at once. */
  readonly prompts: readonly string[];
  /** How many answers to each. */
  readonly choices: number;
  readonly inputTokens: number;
  /** All that can change the answer, as one text. */
  readonly canonical: string;
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly tools: readonly Tool[];
  /** `"auto"`: when the prompt speaks of it. `"required"`: the first tool. Otherwise the tool of that name. */
  readonly toolChoice: "none" | "auto" | "required" | { readonly name: string };
  /** What a tool answered, when that is the last turn. */
  readonly toolResult: string | undefined;
  /** The JSON schema that the answer must follow; `true` for any JSON object. */
  readonly schema: unknown;
  /** How many alternatives to show for each token; `undefined` for no log probabilities. */
  readonly topLogprobs: number | undefined;
}

/** @throws {ApiError} when the body names no model. */
export function readModel(body: Body): string {
  if (typeof body["model"] === "string" && body["model"] !== "") return body["model"];
  throw invalidRequest("model", "A model must be named in the body.");
}

/** The text of a message's content: a string, or parts of which the texts count. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part) => stringMember(part, "text"))
    .join(" ")
    .trim();
}

/** The member of an object that should be a string, or `""`. */
export function stringMember(object: unknown, name: string): string {
  const value = member(object, name);
  return typeof value === "string" ? value : "";
}

/** The member of a value, `undefined` for what is no object. */
export function member(object: unknown, name: string): unknown {
  return typeof object === "object" && object !== null ? (object as Record<string, unknown>)[name] : undefined;
}

/** What is in the files of a form's field, whatever they are called; `undefined` where it has none. */
export function fileMember(body: Body, name: string): string | undefined {
  const files = [body[name] ?? body[`${name}[]`] ?? []].flat().map((file) => stringMember(file, "base64"));
  return files.length === 0 || files.includes("") ? undefined : files.join();
}

/** The first of some members that is a number. */
export function numberMember(body: Body, names: readonly string[], otherwise: number): number {
  const found = names.map((name) => body[name]).find((value) => typeof value === "number");
  return typeof found === "number" ? found : otherwise;
}

/** A string, or an array of strings, as an array. */
export function stringsMember(body: Body, name: string): string[] {
  return [body[name]].flat().filter((value) => typeof value === "string");
}

/** `tool_choice` of chat (`{ function: { name } }`) and of responses (`{ name }`). */
export function readToolChoice(body: Body, tools: readonly Tool[]): Question["toolChoice"] {
  const choice = body["tool_choice"];
  if (tools.length === 0 || choice === "none") return "none";
  if (choice === "required") return "required";
  const name = stringMember(choice, "name") || stringMember(member(choice, "function"), "name");
  return name === "" ? "auto" : { name };
}

import { type Call, deriveKey, explainKey, type KeyDifference } from "@llmcache/core";
import { readFile } from "node:fs/promises";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { parseArguments } from "../parse-arguments.ts";
import { UsageError } from "../usage-error.ts";

export const explain: Command = {
  summary: "says why two calls have, or have not, the same key",
  help: `usage: llmcache explain A.json B.json [options]

Compares two calls as the cache does, and names each parameter that tells them apart. A file holds a call, { "operation",
"params", "context" }, or with --operation the body that is sent to the model. Ends with code 0 if both have one key, with 1 if
not.

  --operation NAME     the files are bodies of this operation: chat, responses, messages, embedding, …
  --namespace NAME     the namespace of the keys that are printed
  --scope NAME         their scope
  --ignore NAME        a parameter that does not count; may be repeated
  --model-group NAMES  models that count as one, with commas between them; may be repeated
  --show-values        also what the parameters are: there may be prompts among them
  --json               one JSON object`,

  async run(words, { terminal }) {
    const { values, given } = parseArguments(words, explainOptions, ["A.json", "B.json"]);
    const { operation, namespace, scope, ignore = [] } = values;
    const modelGroups = (values["model-group"] ?? []).map((names) => names.split(","));
    const [left, right] = [await readCall(given[0] ?? "", operation), await readCall(given[1] ?? "", operation)];
    const { keys, differences } = await orUsageError(async () => ({
      keys: [
        (await deriveKey(left, { namespace, scope, ignore, modelGroups })).key,
        (await deriveKey(right, { namespace, scope, ignore, modelGroups })).key,
      ],
      differences: await explainKey(left, right, { ignore, modelGroups }),
    }));
    const shown = differences.map(values["show-values"] ? (difference) => difference : withoutValues);
    const isSame = keys[0] === keys[1];
    if (values.json) {
      await terminal.json({ same: isSame, keys, differences: shown });
      return isSame ? exitCode.fine : exitCode.wrong;
    }
    if (isSame) {
      await terminal.line(`${terminal.paint("green", "the same key")}: ${keys[0]}`);
      return exitCode.fine;
    }
    for (const [index, key] of keys.entries()) await terminal.line(`${given[index]}: ${key}`);
    for (const { path, left: before, right: after } of shown) {
      await terminal.line(terminal.paint("bold", path));
      await terminal.line(terminal.paint("red", `- ${textOf(before)}`));
      await terminal.line(terminal.paint("green", `+ ${textOf(after)}`));
    }
    return exitCode.wrong;
  },
};

const explainOptions = {
  operation: { type: "string" },
  namespace: { type: "string" },
  scope: { type: "string" },
  ignore: { type: "string", multiple: true },
  "model-group": { type: "string", multiple: true },
  "show-values": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

async function readCall(file: string, operation: string | undefined): Promise<Call> {
  const parsed = parseJson(file, await readFile(file, "utf8").catch(() => missing(file)));
  if (operation !== undefined) return { operation, params: parsed };
  if (typeof parsed === "object" && parsed !== null && "operation" in parsed && "params" in parsed) {
    const { operation: own, params, ...rest } = parsed;
    if (typeof own === "string") return { operation: own, params, ...rest };
  }
  throw new UsageError(`${file} is no call with "operation" and "params": is it a body? Then give --operation`);
}

function missing(file: string): never {
  throw new UsageError(`${file} cannot be read`);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error would quote the file.
    throw new UsageError(`${file} is no JSON`);
  }
}

/** A call without a key, and rules that contradict each other, are core's TypeErrors, which name the place and not the value. */
async function orUsageError<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message, { cause: error }) : error;
  }
}

function withoutValues({ path, left, right }: KeyDifference): KeyDifference {
  return { path, left: typeOf(left), right: typeOf(right) };
}

function typeOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return `a text of ${value.length} characters`;
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function textOf(value: unknown): string {
  if (value === undefined) return "(absent)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** How the demo was called. */
export interface Arguments {
  /** A file of prompts to run twice in place of the tour. */
  readonly prompts: string | undefined;
  /** The folder to keep the cache in. `undefined`: a temporary one, removed at the end. */
  readonly keep: string | undefined;
  readonly help: boolean;
}

/** What `--help` says. */
export const usage = `usage: npx pnpm start [-- options]

  --prompts FILE   run the prompts of a file twice in place of the tour: one JSON value in each line, a text or an
                   object with "prompt", "question", "messages" or "turns"
  --keep DIR       keep the cache in this folder in place of a temporary one
  --help           this text

  OPENAI_BASE_URL and OPENAI_API_KEY ask a real model in place of the local one; OPENAI_MODEL and
  OPENAI_EMBEDDING_MODEL name it. NO_COLOR turns colours off.`;

/** @throws {UsageError} for an option that there is not, or that lacks its value. */
export function parseArguments(words: readonly string[]): Arguments {
  // pnpm hands over the "--" that ends its own options.
  const args = words[0] === "--" ? words.slice(1) : [...words];
  try {
    const { values } = parseArgs({
      args,
      options: { prompts: { type: "string" }, keep: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    return { prompts: values.prompts, keep: values.keep, help: values.help ?? false };
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ", 1)[0]}.\n\n${usage}`);
  }
}

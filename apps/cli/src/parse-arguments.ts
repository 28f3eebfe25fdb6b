import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { UsageError } from "./usage-error.ts";

type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true }>
>;

/**
 * Reads the words of a command.
 *
 * @param names what has to stand there without an option; one that begins with `[` may be left out
 * @throws {UsageError} for an option that there is not or that lacks its value, and for too many or too few words
 */
export function parseArguments<const Options extends ParseArgsOptionsConfig>(
  words: readonly string[],
  options: Options,
  names: readonly string[],
): { readonly values: Parsed<Options>["values"]; readonly given: readonly string[] } {
  const { values, positionals } = parseOrExplain(words, options);
  const missing = names.slice(positionals.length).find((name) => !name.startsWith("["));
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const extra = positionals[names.length];
  if (extra !== undefined) throw new UsageError(`there is one word too many: ${JSON.stringify(extra)}`);
  return { values, given: positionals };
}

function parseOrExplain<const Options extends ParseArgsOptionsConfig>(
  words: readonly string[],
  options: Options,
): Parsed<Options> {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    // What follows the first sentence is about words that begin with a dash.
    throw new UsageError((error as Error).message.split(". ", 1)[0]);
  }
}

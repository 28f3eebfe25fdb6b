import type { Command, Surroundings } from "./command.ts";
import { clear } from "./commands/clear.ts";
import { copy } from "./commands/copy.ts";
import { deleteEntries } from "./commands/delete.ts";
import { explain } from "./commands/explain.ts";
import { exportEntries } from "./commands/export.ts";
import { gateway } from "./commands/gateway.ts";
import { get } from "./commands/get.ts";
import { importEntries } from "./commands/import.ts";
import { stats } from "./commands/stats.ts";
import { verify } from "./commands/verify.ts";
import { exitCode } from "./exit-code.ts";
import { UsageError } from "./usage-error.ts";
import { version } from "./version.ts";

const commands: Readonly<Record<string, Command>> = {
  stats,
  get,
  explain,
  delete: deleteEntries,
  clear,
  export: exportEntries,
  import: importEntries,
  copy,
  verify,
  gateway,
};

const help = `usage: llmcache COMMAND [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`)
  .join("\n")}

A store is a URL; what it leaves out, credentials above all, comes from the environment:

  disk:./folder                        jsonl:./recordings.jsonl
  redis://host:6379/0                  rediss://   unix:///path   redis: (all from the environment)
  redis+cluster://host:port,host:port  redis+sentinel://host:port,host:port/name
  s3://bucket/folder?region=&endpoint= gs://bucket/folder   azure://container/folder   memory: (empty)

Exit codes: 0 fine, 1 something is wrong or missing, 2 the command was, 130 interrupted, 141 nobody read on.
llmcache COMMAND --help says more; llmcache --version says which this is. NO_COLOR turns colours off.`;

/** Runs the command that the words name. Resolves to how it ended. @throws {UsageError}, and whatever the command throws */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const [name, ...rest] = words;
  const { terminal } = surroundings;
  const command = name === undefined ? undefined : Object.entries(commands).find(([own]) => own === name)?.[1];
  if (command !== undefined && !asksForHelp(rest)) return command.run(rest, surroundings);
  if (name === "--version") {
    await terminal.line(version);
    return exitCode.fine;
  }
  if (command === undefined && name !== undefined && name !== "help" && !asksForHelp(words))
    throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  const [asked] = rest;
  const topic = command ?? (asked === undefined ? undefined : commands[asked]);
  await terminal.line(topic?.help ?? help);
  return name === undefined ? exitCode.usage : exitCode.fine;
}

/** What follows two dashes is not for us. */
function asksForHelp(words: readonly string[]): boolean {
  const own = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
  return own.includes("--help") || own.includes("-h");
}

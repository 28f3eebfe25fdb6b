/** What is wrong with a configuration. */
export interface Problem {
  /** Names and positions, from the root. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** Where in the file, counted from 1. */
  readonly line?: number | undefined;
}

/** A configuration that cannot be used. The message names each place, and never a value: it may be a secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(source: string, problems: readonly Problem[]) {
    super(problems.map((problem) => `${source}${describe(problem)}`).join("\n"));
    this.problems = problems;
  }
}

function describe({ path, message, line }: Problem): string {
  const at = line === undefined ? "" : `:${line}`;
  return path.length === 0 ? `${at}: ${message}` : `${at}: ${path.join(".")}: ${message}`;
}

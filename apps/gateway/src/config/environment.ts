import type { Problem } from "./config-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Whether a text is one variable and nothing else. */
export function isReference(text: string): boolean {
  return /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(text);
}

/** Whether a text has a variable in it. */
export function hasReference(text: unknown): boolean {
  return typeof text === "string" && text.search(reference) !== -1;
}

/**
 * A value with what the environment holds in place of each `${NAME}` in its texts. Done after parsing, so that no variable can be read as
 * anything but a text.
 *
 * @param onProblem told of each variable that is not set
 */
export function substitute(
  value: unknown,
  environment: Environment,
  onProblem: (problem: Problem) => void,
  path: Problem["path"] = [],
): unknown {
  if (typeof value === "string") {
    return value.replaceAll(reference, (_, name: string) => {
      const found = environment[name];
      if (found === undefined || found === "") onProblem({ path, message: `the variable ${name} is not set` });
      return found ?? "";
    });
  }
  if (Array.isArray(value))
    return value.map((item, index) => substitute(item, environment, onProblem, [...path, index]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, substitute(member, environment, onProblem, [...path, name])]),
  );
}

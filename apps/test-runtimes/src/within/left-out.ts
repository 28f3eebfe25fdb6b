/** Tests of something that not every runtime has. */
export interface LeftOut {
  /** A part of the names of the tests, which begin with their file. */
  readonly tests: string | RegExp;
  /** What they need, and this runtime may lack. */
  readonly needs: string;
  /** Whether this runtime has it. */
  readonly isHere: () => boolean;
}

/** Why a test is not run on this runtime, given its name with those of its suites and its file. `undefined`: it is. */
export function reasonToLeaveOut(list: readonly LeftOut[], test: string): string | undefined {
  const found = list.find(({ tests, isHere }) => isIn(test, tests) && !isHere());
  return found === undefined ? undefined : `needs ${found.needs}`;
}

/** The entries of the list that no test has the name of any more. */
export function neverLeftOut(list: readonly LeftOut[], names: readonly string[]): string[] {
  return list.flatMap(({ tests }) => (names.some((name) => isIn(name, tests)) ? [] : [String(tests)]));
}

function isIn(name: string, part: string | RegExp): boolean {
  return typeof part === "string" ? name.includes(part) : part.test(name);
}

import type { Backend } from "@llmcache/core";
import { abortChecks } from "./checks/abort.ts";
import { batchChecks } from "./checks/batches.ts";
import { capabilityChecks } from "./checks/capabilities.ts";
import { expiryChecks } from "./checks/expiry.ts";
import { failureChecks } from "./checks/failure.ts";
import { handleChecks } from "./checks/handles.ts";
import { keyChecks } from "./checks/keys.ts";
import { listChecks } from "./checks/list.ts";
import { raceChecks } from "./checks/races.ts";
import { swapChecks } from "./checks/swap.ts";
import { valueChecks } from "./checks/values.ts";
import type { Check } from "./check.ts";
import { checkOptions } from "./options.ts";
import { type ConformanceCheck, runCheck } from "./run-check.ts";

export interface BackendConformanceOptions<B extends Backend = Backend> {
  /**
   * Makes the backend to judge, with room for 64 MiB and a few thousand entries. Called for each check. It may be empty or share its store
   * with others: every check uses keys of its own, except a few short ones such as `a`, which it deletes afterwards.
   */
  readonly create: () => B | Promise<B>;
  /** Called once for what `create` made, whether the check passed or not. @default its `Symbol.asyncDispose`, where it has one */
  readonly destroy?: ((backend: B) => void | Promise<void>) | undefined;
  /**
   * Opens a second handle on the same store, as another process would. The checks dispose of it themselves.
   * @default none: the checks that need two handles do not apply
   */
  readonly reopen?: ((backend: B) => Backend | Promise<Backend>) | undefined;
  /**
   * Makes a backend whose store cannot be reached, for example on a port where nobody listens, to see that a failure is not a miss.
   * The check disposes of it. @default none: that check does not apply
   */
  readonly failing?: (() => Backend | Promise<Backend>) | undefined;
  /** Takes one line for each check that does not apply, with the reason. @default console.info */
  readonly log?: ((line: string) => void) | undefined;
}

const allChecks: readonly Check[] = [
  ...capabilityChecks,
  ...valueChecks,
  ...keyChecks,
  ...expiryChecks,
  ...abortChecks,
  ...raceChecks,
  ...failureChecks,
  ...handleChecks,
  ...swapChecks,
  ...batchChecks,
  ...listChecks,
];

/**
 * Everything that the contract of a backend promises, as data for any test runner:
 *
 *     for (const { name, run } of backendConformance({ create })) test(name, run);
 *
 * What applies is read from the backend itself: a method that is present, a number that is given. Checks are independent
 * of one another, so they may run in any order, also at the same time.
 *
 * @throws {TypeError} for an unknown option, or one that is no function.
 */
export function backendConformance<B extends Backend>(
  options: BackendConformanceOptions<B>,
): readonly ConformanceCheck[] {
  checkOptions("backendConformance", options, optionNames);
  return allChecks.map((check) => ({ name: check.name, run: () => runCheck(check, options, (trial) => trial) }));
}

const optionNames = [
  "create",
  "destroy",
  "reopen",
  "failing",
  "log",
] as const satisfies readonly (keyof BackendConformanceOptions)[];

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
import { type Check, DoesNotApply, type Trial } from "./check.ts";

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

/** One thing that a backend must do. */
export interface ConformanceCheck {
  /** A sentence about the behaviour, unique in the suite: the name of a test. */
  readonly name: string;
  /** Resolves when the backend conforms, or when the check does not apply to it; rejects with what was expected and what was received. */
  readonly run: () => Promise<void>;
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
  checkOptions(options);
  return allChecks.map((check) => ({ name: check.name, run: () => runCheck(check, options) }));
}

async function runCheck<B extends Backend>(check: Check, options: BackendConformanceOptions<B>): Promise<void> {
  const backend = await options.create();
  const handles: Backend[] = [];
  const open = async (make: () => Backend | Promise<Backend>) => {
    const handle = await make();
    handles.push(handle);
    return handle;
  };
  const { reopen, failing } = options;
  let released = false;
  const release = async () => {
    if (released) return;
    released = true;
    await (options.destroy === undefined ? backend[Symbol.asyncDispose]?.() : options.destroy(backend));
  };
  const root = `conformance/${Math.random().toString(36).slice(2, 12)}`;
  const trial: Trial = {
    backend,
    root,
    release,
    key: (name) => `${root}/${name}`,
    reopen: async () => {
      if (reopen === undefined) throw new DoesNotApply("no `reopen` option is given");
      return open(() => reopen(backend));
    },
    failing: async () => {
      if (failing === undefined) throw new DoesNotApply("no `failing` option is given");
      return open(failing);
    },
  };
  const cleanUp = async () => {
    try {
      for (const handle of handles) await handle[Symbol.asyncDispose]?.();
    } finally {
      await release();
    }
  };
  try {
    await check.run(trial);
  } catch (error) {
    if (!(error instanceof DoesNotApply)) {
      // What the check found matters more than what the clean-up stumbles over afterwards.
      await cleanUp().catch(() => undefined);
      throw error;
    }
    const log = options.log ?? console.info;
    log(`does not apply: ${check.name} (${error.message})`);
  }
  await cleanUp();
}

const optionNames = [
  "create",
  "destroy",
  "reopen",
  "failing",
  "log",
] as const satisfies readonly (keyof BackendConformanceOptions)[];

function checkOptions<B extends Backend>(options: BackendConformanceOptions<B>): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("backendConformance: options must be an object");
  }
  const known: readonly string[] = optionNames;
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`backendConformance: unknown option ${JSON.stringify(name)}; known are ${known.join(", ")}`);
    }
  }
  for (const name of optionNames) {
    const given: unknown = options[name];
    if (given === undefined && name !== "create") continue;
    if (typeof given !== "function") throw new TypeError(`backendConformance: ${name} must be a function`);
  }
}

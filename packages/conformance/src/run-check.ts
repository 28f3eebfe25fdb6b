import type { Backend } from "@llmcache/core";
import { type Check, DoesNotApply, type Trial } from "./check.ts";

/** One thing that a backend must do. */
export interface ConformanceCheck {
  /** A sentence about the behaviour, unique in the suite: the name of a test. */
  readonly name: string;
  /** Resolves when the backend conforms, or when the check does not apply to it; rejects with what was expected and what was received. */
  readonly run: () => Promise<void>;
}

/** What every suite is given, besides what only it needs: backends of one type, judged by what `Base` has. */
export interface SuiteOptions<B extends Base, Base extends Backend> {
  readonly create: () => B | Promise<B>;
  readonly destroy?: ((backend: B) => void | Promise<void>) | undefined;
  readonly reopen?: ((backend: B) => Base | Promise<Base>) | undefined;
  readonly failing?: (() => Base | Promise<Base>) | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

/** Runs a check on a backend made for it, and gives back whatever was made. `extend` adds what the trials of a suite have besides. */
export async function runCheck<B extends Base, Base extends Backend, T extends Trial<Base>>(
  check: Check<T>,
  options: SuiteOptions<B, Base>,
  extend: (trial: Trial<Base>, backend: B) => T,
): Promise<void> {
  const backend = await options.create();
  const handles: Backend[] = [];
  const { reopen, failing } = options;
  let released = false;
  const release = async () => {
    if (released) return;
    released = true;
    await (options.destroy === undefined ? backend[Symbol.asyncDispose]?.() : options.destroy(backend));
  };
  const root = `conformance/${Math.random().toString(36).slice(2, 12)}`;
  const trial: Trial<Base> = {
    backend,
    root,
    release,
    key: (name) => `${root}/${name}`,
    async open(make) {
      const handle = await make();
      handles.push(handle);
      return handle;
    },
    reopen: async () => {
      if (reopen === undefined) throw new DoesNotApply("no `reopen` option is given");
      return trial.open(() => reopen(backend));
    },
    failing: async () => {
      if (failing === undefined) throw new DoesNotApply("no `failing` option is given");
      return trial.open(failing);
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
    await check.run(extend(trial, backend));
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

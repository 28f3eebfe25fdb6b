import type { SemanticBackend } from "@llmcache/core";
import { checkOptions } from "./options.ts";
import { type ConformanceCheck, runCheck } from "./run-check.ts";
import { DoesNotApply, type Trial } from "./check.ts";
import { dimensionChecks } from "./semantic/dimensions.ts";
import { expiryChecks } from "./semantic/expiry.ts";
import { failureChecks } from "./semantic/failure.ts";
import { handleChecks } from "./semantic/handles.ts";
import { oneRecordChecks } from "./semantic/one-record.ts";
import { removalChecks } from "./semantic/removal.ts";
import { scopeChecks } from "./semantic/scopes.ts";
import { searchChecks } from "./semantic/search.ts";
import type { SemanticCheck } from "./semantic/semantic-check.ts";

export interface SemanticConformanceOptions<B extends SemanticBackend = SemanticBackend> {
  /**
   * Makes the backend to judge, of 8 dimensions or more, with room for 4 000 entries. Called for each check. It may be empty or share its
   * store with others: every check uses keys and scopes of its own.
   */
  readonly create: () => B | Promise<B>;
  /** Called once for what `create` made, whether the check passed or not. @default its `Symbol.asyncDispose`, where it has one */
  readonly destroy?: ((backend: B) => void | Promise<void>) | undefined;
  /**
   * Opens a second handle on the same store, as another process would. The checks dispose of it themselves.
   * @default none: the checks that need two handles do not apply
   */
  readonly reopen?: ((backend: B) => SemanticBackend | Promise<SemanticBackend>) | undefined;
  /**
   * Opens the same store, and the same index in it, for vectors of another length, as a program with another embedder would. It, or the
   * first operation on it, must fail. @default none: that check does not apply
   */
  readonly reopenWith?: ((backend: B, dimensions: number) => SemanticBackend | Promise<SemanticBackend>) | undefined;
  /**
   * Makes a backend whose store cannot be reached, for example on a port where nobody listens, to see that a failure is not a miss.
   * The check disposes of it. @default none: that check does not apply
   */
  readonly failing?: (() => SemanticBackend | Promise<SemanticBackend>) | undefined;
  /** Whether it finds what comparing every vector finds, or at least 98 of 100 of that. @default "exact" */
  readonly search?: "exact" | "approximate" | undefined;
  /** Takes one line for each check that does not apply, with the reason. @default console.info */
  readonly log?: ((line: string) => void) | undefined;
}

const allChecks: readonly SemanticCheck[] = [
  ...dimensionChecks,
  ...oneRecordChecks,
  ...scopeChecks,
  ...searchChecks,
  ...removalChecks,
  ...expiryChecks,
  ...failureChecks,
  ...handleChecks,
];

/**
 * Everything that a backend promises of finding entries by meaning, as data for any test runner. What it promises as a backend is for
 * `backendConformance` to judge: run both.
 *
 *     for (const { name, run } of semanticConformance({ create })) test(name, run);
 *
 * What was written must be found at once. Scopes are lower-case hex digests of 64 characters, as core's are.
 *
 * @throws {TypeError} for an unknown option, or one of another kind.
 */
export function semanticConformance<B extends SemanticBackend>(
  options: SemanticConformanceOptions<B>,
): readonly ConformanceCheck[] {
  const { search = "exact", ...functions } = options;
  checkOptions("semanticConformance", functions, functionNames);
  if (search !== "exact" && search !== "approximate") {
    throw new TypeError('semanticConformance: search must be "exact" or "approximate"');
  }
  const { reopenWith } = options;
  return allChecks.map((check) => ({
    name: check.name,
    run: () =>
      runCheck(check, functions, (trial: Trial<SemanticBackend>, backend) => ({
        ...trial,
        search,
        reopenWith: async (dimensions: number) => {
          if (reopenWith === undefined) throw new DoesNotApply("no `reopenWith` option is given");
          return trial.open(() => reopenWith(backend, dimensions));
        },
      })),
  }));
}

const functionNames = [
  "create",
  "destroy",
  "reopen",
  "reopenWith",
  "failing",
  "log",
] as const satisfies readonly (keyof SemanticConformanceOptions)[];

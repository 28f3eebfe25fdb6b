import { backendConformance, type BackendConformanceOptions, type ConformanceCheck } from "@llmcache/conformance";
import { mutants } from "./mutants/index.ts";

/**
 * Prints, for every check, the lying backends that it is made to catch: what it said when it caught each of them, and how many
 * other checks caught it too. Fails when one is not caught.
 */

/** Some lies keep a check waiting for ever. */
const patienceMs = 6_000;

/** Enough to fill the seconds in which the checks of expiry wait. */
const atOnce = 6;

interface Verdict {
  readonly check: string;
  readonly lie: string;
  /** What the check said, or `undefined` when it noticed nothing. */
  readonly said: string | undefined;
  readonly othersThatCaught: number;
}

async function judge(check: string, lie: string, options: BackendConformanceOptions): Promise<Verdict> {
  const results = await Promise.all(
    backendConformance(options).map(async (each) => ({ name: each.name, said: await complaintOf(each) })),
  );
  const caught = results.filter(({ said }) => said !== undefined);
  return {
    check,
    lie,
    said: caught.find(({ name }) => name === check)?.said,
    othersThatCaught: caught.filter(({ name }) => name !== check).length,
  };
}

async function complaintOf({ run }: ConformanceCheck): Promise<string | undefined> {
  const { promise: tooLate, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(`did not end within ${patienceMs} ms`), patienceMs);
  try {
    return await Promise.race([run().then(() => undefined, messageOf), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const all = Object.entries(mutants).flatMap(([check, made]) =>
  made.map(({ lie, options }) => ({ check, lie, options })),
);
const verdicts: Verdict[] = [];
const queue = all.entries();
const worker = async () => {
  for (const [index, { check, lie, options }] of queue) verdicts[index] = await judge(check, lie, options);
};
await Promise.all(Array.from({ length: atOnce }, worker));

let last = "";
for (const { check, lie, said, othersThatCaught } of verdicts) {
  if (check !== last) console.log(`\n${check}`);
  last = check;
  console.log(`  ${said === undefined ? "MISSED" : "caught"}  a backend that ${lie}`);
  console.log(`          ${said ?? "the check passed"} (${othersThatCaught} other checks catch it too)`);
}

const missed = verdicts.filter(({ said }) => said === undefined).length;
console.log(`\n${Object.keys(mutants).length} checks, ${verdicts.length} mutants, ${missed} missed`);
if (missed > 0) process.exitCode = 1;

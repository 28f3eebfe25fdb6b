import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fault, faults } from "./support/faulty-backend.ts";
import { semanticTiers, type StackName, stacks } from "./support/fault-stacks.ts";
import { cachesOf, play, type Play, type Played } from "./support/faulty-run.ts";
import { shortened, stepsOf } from "./support/schedule.ts";
import { inputs, turns } from "./support/seeded.ts";

/** How many steps a schedule has. */
const steps = 36;

const slow = new Set<Fault>(["hangs", "is late"]);

/** How many schedules a cell plays: few where real time-outs are waited for. */
const scheduleCount = (fault: Fault) => Math.ceil(inputs(0) / steps / 200) + (slow.has(fault) ? 5 : 16);

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => void process.off("unhandledRejection", note));

async function watched(given: Play): Promise<Played> {
  const played = await play(given);
  await turns(3);
  const unheard = unhandled.splice(0).map((error) => `an unhandled rejection: ${String(error)}`);
  return { ...played, problems: [...played.problems, ...unheard] };
}

/** What somebody needs to see the failure again, with the fewest steps that show it. */
async function explain(given: Play): Promise<string> {
  const fewer = await shortened(given.steps, async (candidate) => {
    return (await watched({ ...given, steps: candidate })).problems.length > 0;
  });
  const { problems, log } = await watched({ ...given, steps: fewer });
  const numbers = fewer.map(({ number }) => number).join(",");
  const replay = `LLMCACHE_REPLAY='${given.stack}|${given.fault}|${given.seed}|${numbers}'`;
  return [`${replay} plays it again:`, ...problems.slice(0, 3), "", ...log.slice(0, 200)].join("\n");
}

async function playSeeds(stack: StackName, fault: Fault): Promise<void> {
  const column = Object.keys(faults).indexOf(fault) * 100 + Object.keys(stacks).indexOf(stack);
  const count = scheduleCount(fault);
  for (let seed = column * 1000; seed < column * 1000 + count; seed++) {
    const given = { stack, fault, seed, steps: stepsOf(seed, steps, cachesOf(seed)) };
    const played = await watched(given);
    if (played.problems.length > 0) expect.fail(`${played.problems[0]}\n${await explain(given)}`);
    struck.set(fault, (struck.get(fault) ?? 0) + played.struck);
    served.set(stack, (served.get(stack) ?? 0) + played.hits);
    servedByMeaning.set(stack, (servedByMeaning.get(stack) ?? 0) + played.byMeaning);
  }
}

/** How often each fault struck, and how often each stack served what it held: a table of nothing would be green too. */
const struck = new Map<Fault, number>();
const served = new Map<StackName, number>();
const servedByMeaning = new Map<StackName, number>();

const replayed = process.env["LLMCACHE_REPLAY"];

if (replayed === undefined) {
  describe.each(Object.keys(stacks))("%s over a store that", (stack) => {
    test.each(Object.keys(faults) as Fault[])(
      "%s answers every call as it should",
      async (fault) => {
        await playSeeds(stack, fault);
      },
      20_000 + inputs(0),
    );
  });

  test("every fault has struck, and every stack has served", () => {
    for (const fault of Object.keys(faults) as Fault[])
      expect(struck.get(fault) ?? 0, fault).toSatisfy((times) => times > 0 === (fault !== "does nothing wrong"));
    for (const stack of Object.keys(stacks)) expect(served.get(stack), stack).toBeGreaterThan(100);
    for (const stack of Object.keys(semanticTiers)) expect(servedByMeaning.get(stack), stack).toBeGreaterThan(20);
  });
} else {
  test(`the schedule ${replayed} is played again`, async () => {
    const [stack = "", fault = "", seed = "", numbers = ""] = replayed.split("|");
    const kept = new Set(numbers.split(",").map(Number));
    const chosen = stepsOf(Number(seed), steps, cachesOf(Number(seed)));
    const { problems, log } = await watched({
      stack,
      fault: fault as Fault,
      seed: Number(seed),
      steps: numbers === "" ? chosen : chosen.filter(({ number }) => kept.has(number)),
    });
    expect(problems, log.join("\n")).toEqual([]);
  });
}

import type { Effort } from "./row.ts";

/** Where results go, so that no engine can leave out the work that nobody would look at. */
export const sink: { last: unknown } = { last: undefined };

/** How long a sample should take: long beside a timer's grain and a minor collection, short beside what disturbs a machine. */
export function sampleMs({ quick }: Effort): number {
  return quick ? 20 : 30;
}

/** Samples the time of some work that ends at once, in µs. `once` is given the number of the turn, to take other data each time. */
export function timed(once: (turn: number) => unknown, aimMs: number): () => Promise<number> {
  return sampler(aimMs, async (from, turns) => {
    const startedAt = performance.now();
    for (let turn = from; turn < from + turns; turn++) sink.last = once(turn);
    return performance.now() - startedAt;
  });
}

/** The same for work that is awaited, one piece after the other. */
export function timedAsync(once: (turn: number) => Promise<unknown>, aimMs: number): () => Promise<number> {
  return sampler(aimMs, async (from, turns) => {
    const startedAt = performance.now();
    for (let turn = from; turn < from + turns; turn++) sink.last = await once(turn);
    return performance.now() - startedAt;
  });
}

/** Runs as many turns as the last sample says will take `aimMs`; before the first one, ever more until that is known. */
function sampler(aimMs: number, run: (from: number, turns: number) => Promise<number>): () => Promise<number> {
  let turns = 0;
  let done = 0;
  const sample = async (): Promise<number> => {
    const elapsedMs = await run(done, turns);
    done += turns;
    const eachMs = elapsedMs / turns;
    turns = Math.max(1, Math.round(aimMs / Math.max(eachMs, 1e-6)));
    return eachMs * 1000;
  };
  return async () => {
    if (turns === 0) {
      // A quarter of the aim is enough to tell from, and optimising compilers have seen the work by then.
      for (let size = 1, elapsedMs = 0; elapsedMs < aimMs / 4; size *= 2) {
        elapsedMs = await run(done, size);
        done += size;
        turns = Math.max(1, Math.round((aimMs * size) / Math.max(elapsedMs, 1e-6)));
      }
    }
    return sample();
  };
}

import { fail } from "./expect.ts";

/** Lets real time pass; none when `ms` is not above 0. */
export async function sleep(ms: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** Resolves or rejects as `promise` does; fails the check when it does neither for `ms`. */
export async function within<Result>(ms: number, promise: Promise<Result>, what: string): Promise<Result> {
  let timer;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  try {
    const first = await Promise.race([promise.then((result) => ({ result })), late]);
    return first === "late" ? fail(`${what}: not settled after ${ms} ms`) : first.result;
  } finally {
    clearTimeout(timer);
  }
}

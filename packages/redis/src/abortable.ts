/** Resolves as `work` does, unless `signal` aborts first: then it rejects with the signal's reason, and the command itself goes on. */
export function abortable<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const settled = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort, { once: true });
    work.finally(settled).then(resolve, reject);
  });
}

/** Resolves as `work` does, unless `signal` aborts first: then it rejects with the signal's reason, and the command itself goes on. */
export function abortable<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const stopListening = () => signal.removeEventListener("abort", abort);
    work.then(resolve, reject).then(stopListening, stopListening);
  });
}

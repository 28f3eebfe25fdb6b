import { type Check, having } from "../check.ts";
import { describe, expect, expectBytes, expectMissing, expectOneOf, fail, rejectionOf } from "../expect.ts";
import { everyOperation } from "../operations.ts";
import { lengthUpTo, filledBytes, textBytes } from "../sample-bytes.ts";
import { within } from "../timing.ts";

/** What an operation may take after its abort; a store that ignores the abort may still be done by then. */
const promptMs = 3_000;

/** Not only errors: a caller may abort with anything, also with what is falsy. */
const reasons = (): readonly unknown[] => [new Error("the caller went away"), "a reason that is no Error", 0, null];

type Moment = (abort: () => void) => void;

/** From before the request is sent to when the answer may be on its way. */
const moments: readonly Moment[] = [
  (abort) => abort(),
  (abort) => queueMicrotask(abort),
  (abort) => void setTimeout(abort, 0),
  (abort) => void setTimeout(abort, 2),
  (abort) => void setTimeout(abort, 10),
];

/** That a caller can walk away at any moment, and learns nothing but its own reason. */
export const abortChecks: readonly Check[] = [
  {
    name: "rejects every operation whose signal is already aborted, with the signal's reason untouched",
    async run({ backend, key }) {
      for (const reason of reasons()) {
        const signal = AbortSignal.abort(reason);
        for (const { name, run } of everyOperation(backend, key("aborted"))) {
          const what = `${name} with an aborted signal`;
          const received = await rejectionOf(what, () => run({ signal }));
          expect(
            Object.is(received, reason),
            `${what}: expected the rejection to be ${describe(reason)}, received ${describe(received)}`,
          );
        }
      }
    },
  },
  {
    name: "changes nothing when the signal is already aborted",
    async run({ backend, key }) {
      const old = textBytes("old");
      const value = textBytes("new");
      const options = { signal: AbortSignal.abort("before it began") };
      const { swap, putMany, deleteMany } = backend;
      await backend.put(key("kept"), old);
      const writes: Record<string, () => Promise<unknown>> = {
        put: () => backend.put(key("kept"), value, options),
        delete: () => backend.delete(key("kept"), options),
        ...(swap && { swap: () => swap.call(backend, key("kept"), old, value, options) }),
        ...(putMany && {
          putMany: () =>
            putMany.call(
              backend,
              [
                { key: key("kept"), value },
                { key: key("other"), value },
              ],
              options,
            ),
        }),
        ...(deleteMany && { deleteMany: () => deleteMany.call(backend, [key("kept")], options) }),
      };
      for (const [name, write] of Object.entries(writes)) {
        await rejectionOf(`${name} with an aborted signal`, write);
        expectBytes(await backend.get(key("kept")), old, `get after an aborted ${name}`);
      }
      expectMissing(await backend.get(key("other")), "get of a key that only an aborted putMany named");
    },
  },
  {
    name: "settles promptly when a write is aborted midway, and leaves the old value or the new one",
    async run({ backend, key }) {
      const old = filledBytes(lengthUpTo(1_000, backend), 1);
      const value = filledBytes(lengthUpTo(200_000, backend), 2);
      const { swap, putMany } = backend;
      const writes: Record<string, (at: string, signal: AbortSignal) => Promise<unknown>> = {
        put: (at, signal) => backend.put(at, value, { signal }),
        ...(swap && { swap: (at, signal) => swap.call(backend, at, old, value, { signal }) }),
        ...(putMany && { putMany: (at, signal) => putMany.call(backend, [{ key: at, value }], { signal }) }),
      };
      for (const [name, write] of Object.entries(writes)) {
        for (const [index, moment] of moments.entries()) {
          const at = key(`${name}/${index}`);
          await backend.put(at, old);
          const { resolved } = await settleAborted(name, moment, (signal) => write(at, signal));
          const what = `get after a ${name} that ${resolved ? "resolved in spite of" : "was rejected by"} an abort`;
          expectOneOf(await backend.get(at), resolved ? [value] : [old, value], what);
        }
      }
    },
  },
  {
    name: "settles promptly when a read is aborted midway, with the whole value or the reason",
    async run({ backend, key }) {
      const value = filledBytes(lengthUpTo(200_000, backend), 3);
      await backend.put(key("read"), value);
      const { getMany } = backend;
      for (const moment of moments) {
        const one = await settleAborted("get", moment, (signal) => backend.get(key("read"), { signal }));
        if (one.resolved) expectBytes(one.value, value, "get that resolved in spite of an abort");
        if (getMany === undefined) continue;
        const many = await settleAborted("getMany", moment, (signal) =>
          getMany.call(backend, [key("read"), key("missing")], { signal }),
        );
        if (!many.resolved) continue;
        expectBytes(many.value[0], value, "getMany that resolved in spite of an abort");
        expectMissing(many.value[1], "getMany of a missing key that resolved in spite of an abort");
      }
    },
  },
  {
    name: "ends a listing promptly when it is aborted midway",
    async run({ backend, key }) {
      const store = having(backend, "list");
      for (let index = 0; index < 20; index++) await store.put(key(`listed/${index}`), textBytes("x"));
      const listNext = async (signal: AbortSignal, abort: () => void) => {
        for await (const listed of store.list(key("listed/"), { signal })) {
          expect(
            listed.startsWith(key("listed/")),
            `list: received ${describe(listed)}, which is not below the prefix`,
          );
          abort();
        }
      };
      const controller = new AbortController();
      const reason = new Error("enough listed");
      try {
        await within(
          promptMs,
          listNext(controller.signal, () => controller.abort(reason)),
          "list after an abort",
        );
      } catch (error) {
        if (error !== reason) throw error;
      }
    },
  },
  {
    name: "is not disturbed by an abort after an operation has settled",
    async run({ backend, key }) {
      const controller = new AbortController();
      const value = textBytes("settled before the abort");
      for (const { run } of everyOperation(backend, key("settled"))) await run({ signal: controller.signal });
      await backend.put(key("settled"), value, { signal: controller.signal });
      controller.abort("too late");
      await Promise.resolve();
      expectBytes(await backend.get(key("settled")), value, "get after an abort that came too late");
    },
  },
];

type Settled<Result> = { readonly resolved: true; readonly value: Result } | { readonly resolved: false };

/** Starts the operation, aborts it at the moment, and sees that it settles: with its result, or with exactly the reason. */
async function settleAborted<Result>(
  name: string,
  moment: Moment,
  operation: (signal: AbortSignal) => Promise<Result>,
): Promise<Settled<Result>> {
  const controller = new AbortController();
  const reason = { toString: () => "the reason of the abort" };
  const outcome = operation(controller.signal).then(
    (value): Settled<Result> => ({ resolved: true, value }),
    (error: unknown): Settled<Result> =>
      error === reason
        ? { resolved: false }
        : fail(`${name} aborted midway: expected its result or the signal's reason, received ${describe(error)}`),
  );
  moment(() => controller.abort(reason));
  return within(promptMs, outcome, `${name} aborted midway`);
}

import type { Backend, OperationOptions, PutEntry } from "./backend.ts";
import { deleteMany, putEach } from "./many.ts";

interface QueuedPut {
  readonly backend: Backend;
  readonly entry: PutEntry;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** The work on a key whose turn is last. */
interface Turn {
  readonly done: Promise<unknown>;
  /** Tells it to end early. */
  readonly giveUp: (() => void) | undefined;
}

/**
 * Writes behind the callers. Puts of one tick go to the store as one batch; what concerns one key happens in the order it was asked for.
 */
export class Writer {
  readonly #report: OperationOptions["report"];
  readonly #tails = new Map<string, Turn>();
  #queue: QueuedPut[] = [];

  constructor(report: OperationOptions["report"]) {
    this.#report = report;
  }

  /** `entry` is called when its turn has come: it may still decide that there is nothing to write. Resolves to whether it wrote. */
  async put(backend: Backend, key: string, entry: () => PutEntry | undefined): Promise<boolean> {
    return this.#inTurn(key, async () => {
      const ready = entry();
      if (ready === undefined) return false;
      await this.#enqueue(backend, ready);
      return true;
    });
  }

  async delete(backend: Backend, key: string): Promise<void> {
    await this.#inTurn(key, () => deleteMany(backend, [key], { report: this.#report }));
  }

  /** Does other work on a key in its turn. Its signal is aborted when anything else on the key, or its removal, waits for it. */
  async work(key: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    const giveUp = () => controller.abort(new DOMException("something newer concerns the key", "AbortError"));
    await this.#inTurn(key, () => work(controller.signal), giveUp);
  }

  /** Waits for the writes of the keys that `concerns`, as they are now. */
  async settled(concerns: (key: string) => boolean): Promise<void> {
    const turns = [...this.#tails].filter(([key]) => concerns(key)).map(([, turn]) => turn);
    for (const { giveUp } of turns) giveUp?.();
    await Promise.allSettled(turns.map(({ done }) => done));
  }

  async #inTurn<Result>(key: string, work: () => Promise<Result>, giveUp?: () => void): Promise<Result> {
    const before = this.#tails.get(key);
    before?.giveUp?.();
    const done = before === undefined ? work() : before.done.then(work, work);
    const turn = { done, giveUp };
    this.#tails.set(key, turn);
    try {
      return await done;
    } finally {
      if (this.#tails.get(key) === turn) this.#tails.delete(key);
    }
  }

  #enqueue(backend: Backend, entry: PutEntry): Promise<void> {
    if (this.#queue.length === 0) queueMicrotask(() => this.#flush());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push({ backend, entry, done: resolve, failed: reject });
    return promise;
  }

  #flush(): void {
    const batches = Map.groupBy(this.#queue, (queued) => queued.backend);
    this.#queue = [];
    for (const [backend, batch] of batches) {
      const entries = batch.map(({ entry }) => entry);
      void putEach(backend, entries, { report: this.#report }).then((failures) => {
        for (const [index, { done, failed }] of batch.entries()) {
          if (failures[index] === undefined) done();
          else failed(failures[index]);
        }
      });
    }
  }
}

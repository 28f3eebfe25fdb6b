/** How many entries are under way at a time: enough to hide the way to a store in the cloud, few enough for their bytes to fit in memory. */
const atOnce = 32;

/** What `work` makes of each item, in their order, some of them under way at a time. Who has seen enough may stop. */
export async function* mapAtOnce<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const pending: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // That it failed matters when its turn comes.
    result.catch(() => undefined);
    pending.push(result);
    const first = pending.length < atOnce ? undefined : pending.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of pending) yield await result;
}

/** Calls `work` for each item, some at a time, and takes the next one only when there is a hand free. Rejects with what failed first. */
export async function eachAtOnce<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let failed = false;
  const hand = async () => {
    try {
      for (let next = await iterator.next(); next.done !== true && !failed; next = await iterator.next()) {
        await work(next.value);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const hands = await Promise.allSettled(Array.from({ length: atOnce }, hand));
  const failure = hands.find(({ status }) => status === "rejected");
  if (failure === undefined) return;
  await iterator.return?.();
  throw (failure as PromiseRejectedResult).reason;
}

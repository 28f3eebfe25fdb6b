import type { Backend, OperationOptions } from "@llmcache/core";
import { textBytes } from "./sample-bytes.ts";

/** One operation of a backend, ready to be tried. */
export interface Operation {
  readonly name: string;
  /** Calls it, and hands back what the call returned. */
  readonly call: (options: OperationOptions) => unknown;
  /** Calls it and follows it to its end; a listing is read to its end. */
  readonly run: (options: OperationOptions) => Promise<unknown>;
}

/**
 * Every operation that the backend has, around one key, in an order in which each finds something to do: those that remove come last.
 */
export function everyOperation(backend: Backend, key: string): readonly Operation[] {
  const value = textBytes("one of every operation");
  const { swap, getMany, putMany, deleteMany, list, ping } = backend;
  const operations: Operation[] = [];
  const add = (name: string, call: (options: OperationOptions) => Promise<unknown>) => {
    operations.push({ name, call, run: call });
  };
  add("put", (options) => backend.put(key, value, options));
  add("get", (options) => backend.get(key, options));
  if (swap) add("swap", (options) => swap.call(backend, key, value, value, options));
  if (putMany) {
    add("putMany", (options) =>
      putMany.call(
        backend,
        [
          { key, value },
          { key: `${key}/2`, value },
        ],
        options,
      ),
    );
  }
  if (getMany) add("getMany", (options) => getMany.call(backend, [key, `${key}/2`, `${key}/3`], options));
  if (list) {
    const call = (options: OperationOptions) => list.call(backend, key, options);
    operations.push({ name: "list", call, run: (options) => keysOf(call(options)) });
  }
  if (ping) add("ping", (options) => ping.call(backend, options));
  if (deleteMany) add("deleteMany", (options) => deleteMany.call(backend, [`${key}/2`, `${key}/3`], options));
  add("delete", (options) => backend.delete(key, options));
  return operations;
}

/** Every key of a listing. */
export async function keysOf(listing: AsyncIterable<string>): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of listing) keys.push(key);
  return keys;
}

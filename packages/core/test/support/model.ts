import type { Call } from "../../src/index.ts";

/** A chat call that asks for something. */
export function chat(content: string, rest: Record<string, unknown> = {}): Call {
  return { operation: "chat", params: { model: "m", messages: [{ role: "user", content }], ...rest } };
}

/** A model whose answers come when the test says so. */
export class ManualModel<Answer = string> {
  readonly calls: { readonly signal: AbortSignal; resolve(answer: Answer): void; reject(error: unknown): void }[] = [];

  readonly factory = ({ signal }: { readonly signal: AbortSignal }): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.calls.push({ signal, resolve, reject });
    signal.addEventListener("abort", () => reject(signal.reason));
    return promise;
  };

  /** Waits until it has been called this often. */
  async called(times = 1): Promise<void> {
    await until(() => this.calls.length >= times);
  }
}

/** Lets everything that can go on go on, until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < 10_000) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error("the condition never held");
}

/** Lets everything that can go on go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

// One of several processes that begin on one Redis at the same moment. Its parent sends where that is, and gets what became of it.
import process from "node:process";
import { connectSemanticRedis } from "../../src/index.ts";

export interface Task {
  readonly url: string;
  readonly embedder: string;
  readonly scope: string;
}

process.send?.("ready");
process.once("message", (task: Task) => void begin(task));

async function begin({ url, embedder, scope }: Task): Promise<void> {
  const backend = await connectSemanticRedis({ url, embedder, dimensions: 4, environment: {} });
  const vector = Float32Array.of(1, 0, 0, process.pid % 7);
  const outcome = await backend.put(`by/${process.pid}`, Uint8Array.of(1), { embedding: { scope, vector } }).then(
    () => "written",
    (error: unknown) => String(error),
  );
  await backend[Symbol.asyncDispose]();
  process.send?.(outcome, () => process.disconnect());
}

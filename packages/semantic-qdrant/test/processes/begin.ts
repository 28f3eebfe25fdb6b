// One of several processes that begin on one Qdrant at the same moment. Its parent sends where that is, and gets what became of it.
import process from "node:process";
import { connectQdrant } from "../../src/index.ts";

export interface Task {
  readonly url: string;
  readonly embedder: string;
  readonly scope: string;
}

process.send?.("ready");
process.once("message", (task: Task) => void begin(task));

async function begin({ url, embedder, scope }: Task): Promise<void> {
  const backend = await connectQdrant({ url, embedder, dimensions: 4, environment: {} });
  const vector = Float32Array.of(1, 0, 0, process.pid % 7);
  const outcome = await backend.put(`by/${process.pid}`, Uint8Array.of(1), { embedding: { scope, vector } }).then(
    () => "written",
    (error: unknown) => String(error),
  );
  process.send?.(outcome, () => process.disconnect());
}

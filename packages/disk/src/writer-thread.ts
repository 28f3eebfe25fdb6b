import { parentPort, workerData } from "node:worker_threads";
import type { WriteBatch } from "./write-batch.ts";
import { Writer, type WriterOptions } from "./writer.ts";

const writer = new Writer(workerData as WriterOptions);

parentPort?.on("message", (batch: WriteBatch | "close") => {
  if (batch !== "close") {
    parentPort?.postMessage(writer.commit(batch));
    return;
  }
  writer.close();
  parentPort?.close();
});

import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { expect, test, vi } from "vitest";
import { request } from "./raw.ts";
import { startProcess } from "./start-process.ts";

/** How many streams are open at the same time. The goal is `LLMCACHE_TEST_STREAMS=10000`, for which each process must be allowed 25 000 files. */
const streams = Number(process.env["LLMCACHE_TEST_STREAMS"] ?? 300);

/** What the gateway may take for each, recording and both connections included: its answer has 150 events, 25 KB in all. */
const mostBytesPerStream = 300 * 1024;

/** What its objects may take of that; they take 115 KB. V8 would let garbage lie about until there are gigabytes of it. */
const mostHeapPerStream = 160 * 1024;

/** What a process takes anyway. */
const leeway = 200 * 1024 * 1024;

test(
  `${streams} open streams whose clients do not read take little memory, and all come to their end`,
  { timeout: 600_000 },
  async (context) => {
    if (process.platform !== "linux") context.skip("needs /proc to read the memory of a process");
    const upstream = fork(join(import.meta.dirname, "processes/slow-upstream.ts"));
    context.onTestFinished(async () => void upstream.kill());
    const [port] = (await once(upstream, "message")) as [number];
    const heapMegabytes = Math.ceil((leeway + streams * mostHeapPerStream) / 1024 ** 2);
    const config = {
      listen: { port: 0 },
      upstreams: { slow: { url: `http://127.0.0.1:${port}`, private: true } },
    };
    const { url, child } = await startProcess(context, config, [`--max-old-space-size=${heapMegabytes}`]);
    const before = await memoryOf(child.pid);
    const sockets: Socket[] = [];
    context.onTestFinished(async () => sockets.forEach((socket) => socket.destroy()));
    for (let number = 0; number < streams; number++) {
      sockets.push(await openStream(url, number));
    }
    const open = async () => {
      upstream.send("count");
      return ((await once(upstream, "message")) as [number])[0];
    };
    await vi.waitFor(async () => expect(await open()).toBe(streams), { timeout: 300_000, interval: 500 });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const perStream = ((await memoryOf(child.pid)) - before - leeway) / streams;
    expect(perStream).toBeLessThan(mostBytesPerStream);
    const ends = sockets.map(readToEnd);
    upstream.send("finish");
    for (const text of await Promise.all(ends)) expect(text).toContain("[DONE]");
  },
);

async function openStream(url: string, number: number): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  await once(socket, "connect");
  const body = JSON.stringify({
    model: "m",
    stream: true,
    messages: [{ role: "user", content: `Question ${number}` }],
  });
  const headers = ["content-type: application/json", "authorization: Bearer sk", `content-length: ${body.length}`];
  socket.write(request("/v1/chat/completions", headers, body, "POST"));
  return socket;
}

async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (data: Buffer) => (text += data.toString()));
  socket.resume();
  await once(socket, "close");
  return text;
}

async function memoryOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

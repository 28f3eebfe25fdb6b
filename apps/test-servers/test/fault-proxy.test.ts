import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "../src/index.ts";

const reply = "0123456789";

test("passes everything on, large replies and their end included", async () => {
  const { client } = await connected(() => "x".repeat(3_000_000));
  client.write("?");
  client.end();
  expect(await all(client)).toHaveLength(3_000_000);
});

test("refuses, and resets what was open; the same port answers again afterwards", async () => {
  const { proxy, client } = await connected();
  await proxy.set("refuse");
  await expect(all(client)).rejects.toMatchObject({ code: "ECONNRESET" });
  await expect(ask(proxy)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  const { port } = proxy;
  await proxy.set("pass");
  expect(proxy.port).toBe(port);
  expect(await ask(proxy)).toBe(reply);
});

test("accepts and never answers, until it does", async () => {
  const { proxy, client, requests } = await connected();
  await proxy.set("blackhole");
  client.write("?");
  const later = connect(proxy.port, proxy.host);
  await once(later, "connect");
  later.write("?");
  await roundTrips();
  expect([client.bytesRead, later.bytesRead, requests.length]).toEqual([0, 0, 0]);
  await proxy.set("pass");
  expect([await next(client), await next(later), requests.length]).toEqual([reply, reply, 2]);
  later.destroy();
});

test("stalls: requests arrive, replies do not, connections stay", async () => {
  const { proxy, client, requests, asked } = await connected();
  await proxy.set("stall");
  client.write("?");
  await asked();
  await roundTrips();
  expect([client.bytesRead, requests.length, client.destroyed]).toEqual([0, 1, false]);
  await proxy.set("pass");
  expect(await next(client)).toBe(reply);
});

test("stalls in the middle of a reply", async () => {
  const { proxy, client } = await connected();
  await proxy.set({ stall: 4 });
  client.write("?");
  expect(await next(client)).toBe("0123");
  await roundTrips();
  expect(client.bytesRead).toBe(4);
  await proxy.set("pass");
  expect(await next(client)).toBe("456789");
});

test("resets in the middle of a reply", async () => {
  const { proxy, client } = await connected();
  await proxy.set({ cutReply: 4 });
  client.write("?");
  const received: string[] = [];
  client.on("data", (piece: Buffer) => received.push(piece.toString()));
  await expect(all(client)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(received).toEqual(["0123"]);
  await proxy.set("pass");
  expect(await ask(proxy)).toBe(reply);
});

test("ends in the middle of a reply as if that were all", async () => {
  const { proxy, client } = await connected();
  await proxy.set({ truncate: 4 });
  client.write("?");
  expect(await all(client)).toBe("0123");
  await proxy.set("pass");
  expect(await ask(proxy)).toBe(reply);
});

test("counts the bytes of replies from the change of mode on", async () => {
  const { proxy, client } = await connected();
  client.write("?");
  await next(client);
  await proxy.set({ truncate: 12 });
  client.write("?");
  expect(await next(client)).toBe(reply);
  client.write("?");
  expect(await all(client)).toBe("01");
});

test("delays replies, each by the same time, and keeps their order when it stops doing so", async () => {
  const { proxy, client } = await connected();
  await proxy.set({ latency: 100 });
  const startedAt = performance.now();
  client.write("?");
  expect(await next(client)).toBe(reply);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(99);
  await proxy.set({ latency: 3_600_000 });
  client.write("?");
  await roundTrips();
  await proxy.set("pass");
  client.write("?");
  client.end();
  expect(await all(client)).toBe(reply + reply);
});

test("drops all connections, and takes new ones", async () => {
  const { proxy, client } = await connected();
  const other = connect(proxy.port, proxy.host);
  await once(other, "connect");
  other.write("?");
  await next(other);
  proxy.dropAll();
  const ends = await Promise.allSettled([all(client), all(other)]);
  expect(ends).toMatchObject([{ reason: { code: "ECONNRESET" } }, { reason: { code: "ECONNRESET" } }]);
  expect(await ask(proxy)).toBe(reply);
});

test("resets a client whose server is not there", async () => {
  const proxy = await startFaultProxy({ host: "127.0.0.1", port: 1 });
  onTestFinished(proxy.stop);
  await expect(ask(proxy)).rejects.toMatchObject({ code: "ECONNRESET" });
});

/** A client of a proxy of a server, which answers each request with ten digits and has done so once. */
async function connected(answer: () => string = () => reply) {
  const requests: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("data", (piece: Buffer) => {
      requests.push(piece.toString());
      server.emit("asked");
      socket.write(answer());
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => socket.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const proxy = await startFaultProxy({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  const client = connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true });
  await once(client, "connect");
  onTestFinished(async () => {
    client.destroy();
    await proxy.stop();
    await new Promise((resolve) => server.close(resolve));
  });
  return { proxy, client, requests, asked: () => once(server, "asked") };
}

async function ask(proxy: FaultProxy): Promise<string> {
  const socket = connect(proxy.port, proxy.host);
  socket.write("?");
  return next(socket).finally(() => socket.destroy());
}

/** What arrives next. */
async function next(socket: Socket): Promise<string> {
  const [piece] = (await once(socket, "data")) as [Buffer];
  return piece.toString();
}

/** All that arrives until the end. @throws when it is reset. */
async function all(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (piece: Buffer) => (text += piece.toString()));
  await once(socket, "end");
  return text;
}

/** Longer than what is not held back takes on this machine. */
function roundTrips(): Promise<void> {
  return wait(50);
}

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { Cache, memory } from "@llmcache/core";
import { expect, onTestFinished, test } from "vitest";
import { cachedFetch, type Fetch } from "../src/index.ts";

/** What a vendor's API answers, as its reference says: both as a stream and as one body. */
export interface Recorded<Params = Record<string, unknown>> {
  readonly name: string;
  readonly params: Params;
  /** The whole body of the stream. */
  readonly stream: string;
  readonly plain: string;
  /** Why one form cannot be made of the other, for certain. */
  readonly apart?: string | undefined;
}

/** A vendor's client, by what it is asked and what it makes of the answers. */
export interface Reader<Params> {
  /** How a request asks for a stream. */
  readonly isStream: (request: IncomingMessage, body: string) => boolean;
  /** What a program can tell of a plain answer and of a stream alike. @default all of it */
  readonly summary?: (plain: unknown) => unknown;
  readonly connect: (
    origin: string,
    fetch: Fetch,
  ) => {
    /** What the client gives for a plain answer. */
    readonly plain: (params: Params) => Promise<unknown>;
    /** Every event that it gives of a stream. */
    readonly events: (params: Params) => Promise<readonly unknown[]>;
    /** What a program makes of all events: the plain answer, or what `summary` makes of that. */
    readonly final: (params: Params) => Promise<unknown>;
  };
}

/** How many calls of the model it takes to serve first the one form and then the other. @default 1, and 2 for an answer whose forms are apart */
export interface Calls {
  readonly streamToPlain?: number;
  readonly plainToStream?: number;
}

/** Checks, on each recorded answer, that a client is given by a hit exactly what it was given by a miss, whichever form each of them asks for. */
export function differential<Params>(
  reader: Reader<Params>,
  corpus: readonly Recorded<Params>[],
  expected: Calls = {},
): void {
  for (const recorded of corpus) {
    const { name, params, apart } = recorded;
    const calls = apart === undefined ? 1 : 2;
    const { streamToPlain = calls, plainToStream = calls } = expected;
    const told = apart === undefined ? "" : `, asked for again because of ${apart}`;

    test(`${name}: a replayed stream is the stream, event by event, and a replayed answer the answer`, async () => {
      const { client, asked, settle } = await bench(reader, recorded);
      const events = await settle(client.events(params));
      expect(plainData(await settle(client.events(params)))).toEqual(plainData(events));
      expect(events.length).toBeGreaterThan(0);
      expect(asked()).toBe(1);
      const other = await bench(reader, recorded);
      const plain = await other.settle(other.client.plain(params));
      expect(plainData(await other.settle(other.client.plain(params)))).toEqual(plainData(plain));
      expect(other.asked()).toBe(1);
    });

    test(`${name}: a recorded stream is the plain answer to a plain caller${told}`, async () => {
      const { client, bare, asked, settle } = await bench(reader, recorded);
      const direct = plainData(await bare.plain(params));
      await settle(client.events(params));
      expect(plainData(await settle(client.plain(params)))).toEqual(direct);
      // The one more is of the client without the cache.
      expect(asked()).toBe(streamToPlain + 1);
    });

    test(`${name}: a plain answer is a stream that says the same${told}`, async () => {
      const { client, bare, asked, settle } = await bench(reader, recorded);
      const plain = plainData(await settle(client.plain(params)));
      const direct = plainData(await bare.final(params));
      expect(plainData(await settle(client.final(params)))).toEqual(direct);
      // What a client does not know it may leave out when it puts a stream together.
      if (apart === undefined) expect(direct).toEqual(reader.summary?.(plain) ?? plain);
      expect(asked()).toBe(plainToStream + 1);
    });
  }
}

async function bench<Params>(reader: Reader<Params>, recorded: Recorded<Params>) {
  const { origin, asked } = await serve(reader, recorded);
  const cache = new Cache({ backend: memory() });
  const settle = async <Value>(answer: Promise<Value>) => {
    const value = await answer;
    await cache.flush();
    return value;
  };
  return {
    client: reader.connect(origin, cachedFetch(cache)),
    bare: reader.connect(origin, globalThis.fetch),
    asked,
    settle,
  };
}

/** A server that answers everything with what was recorded, a stream in pieces that fall inside characters. */
async function serve<Params>(
  { isStream }: Pick<Reader<Params>, "isStream">,
  { stream, plain }: Pick<Recorded<Params>, "stream" | "plain">,
): Promise<{ readonly origin: string; readonly asked: () => number }> {
  let asked = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    asked++;
    if (!isStream(request, Buffer.concat(pieces).toString("utf8"))) {
      response.writeHead(200, { "content-type": "application/json" }).end(plain);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    const bytes = Buffer.from(stream);
    for (let start = 0; start < bytes.length; start += 101) {
      response.write(bytes.subarray(start, start + 101));
      await setImmediate();
    }
    response.end();
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}

/** What is in a client's objects, without their classes. */
export function plainData(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Events as they stand in an event stream, named by their own type. */
export function namedEvents(...events: readonly { readonly type: string }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/** Events as they stand in an event stream, without a name. */
export function unnamedEvents(...events: readonly unknown[]): string {
  return events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
}

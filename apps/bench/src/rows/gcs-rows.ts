import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { Storage } from "@google-cloud/storage";
import { connectGcs } from "@llmcache/gcs";
import { chatAnswer } from "../data.ts";
import type { GcsPlace } from "../processes/serve-gcs.ts";
import type { Competitor, Contest, Effort, Row } from "../row.ts";
import { startProcess } from "../start-process.ts";
import { sampleMs, timedAsync } from "../timed.ts";

/** Objects that are read, and written, in turn. */
const objects = 64;

/** One way to reach the bucket. */
interface Access {
  readonly name: string;
  readonly role: Competitor["role"];
  get(name: string): Promise<Uint8Array | undefined>;
  put(name: string, value: Uint8Array): Promise<unknown>;
}

/** A hit in a bucket: a download whose checksum is checked. */
export const gcsGetRow: Row = {
  name: "gcs-get",
  title: "get of a 2 KB entry from a GCS bucket",
  unit: "µs",
  baseline: "@google-cloud/storage",
  goals: [{ against: "@google-cloud/storage", atMost: 1 }],
  rounds: ({ quick }) => (quick ? 9 : 51),
  open: (effort) =>
    openAccesses(effort, async ({ get, put }) => {
      for (let index = 0; index < objects; index++) await put(`${index}`, valueAt(index));
      return (turn) => get(`${turn % objects}`);
    }),
};

/** An answer stored: an upload whose checksum is checked. */
export const gcsPutRow: Row = {
  ...gcsGetRow,
  name: "gcs-put",
  title: "put of a 2 KB entry into a GCS bucket",
  open: (effort) =>
    openAccesses(effort, async ({ put }) => {
      return (turn) => put(`${turn % objects}`, valueAt(turn));
    }),
};

async function openAccesses(
  effort: Effort,
  prepare: (access: Access) => Promise<(turn: number) => Promise<unknown>>,
): Promise<Contest> {
  const server = await startProcess(new URL("../processes/serve-gcs.ts", import.meta.url));
  server.send("serve");
  const [place] = (await once(server, "message")) as [GcsPlace];
  const backend = await connectGcs({ bucket: place.bucket, path: "ours", apiEndpoint: place.endpoint });
  const agent = new Agent({ keepAlive: true });
  const accesses = [
    {
      name: "llmcache",
      role: "ours",
      get: (name) => backend.get(name),
      put: (name, value) => backend.put(name, value),
    },
    clientAccess(place),
    requestAccess(place, agent),
  ] satisfies Access[];
  const competitors = await Promise.all(
    accesses.map(async (access): Promise<Competitor> => {
      const work = await prepare(access);
      return {
        name: access.name,
        role: access.role,
        sample: timedAsync(work, sampleMs(effort)),
        async answer() {
          await access.put("answer", valueAt(7));
          return Buffer.from((await access.get("answer")) ?? []).toString();
        },
      };
    }),
  );
  return {
    competitors,
    async close() {
      await backend[Symbol.asyncDispose]();
      agent.destroy();
      server.kill();
      await once(server, "exit");
    },
  };
}

/** As a program without a cache would do it. */
function clientAccess({ endpoint, projectId, bucket }: GcsPlace): Access {
  const place = new Storage({ apiEndpoint: endpoint, projectId }).bucket(bucket);
  return {
    name: "@google-cloud/storage",
    role: "peer",
    get: async (name) => (await place.file(`client/${name}`).download({ validation: "crc32c" }))[0],
    put: (name, value) =>
      place.file(`client/${name}`).save(Buffer.from(value), { resumable: false, validation: "crc32c" }),
  };
}

/** The requests alone: no token, no checksum, no retries. */
function requestAccess({ endpoint, bucket }: GcsPlace, agent: Agent): Access {
  const send = async (method: string, path: string, body?: Uint8Array) => {
    const outgoing = request(`${endpoint}${path}`, { method, agent });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    return buffer(incoming);
  };
  return {
    name: "node:http",
    role: "limit",
    get: (name) => send("GET", `/storage/v1/b/${bucket}/o/raw%2F${name}?alt=media`),
    put: (name, value) => send("POST", `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=raw%2F${name}`, value),
  };
}

const values = Array.from({ length: objects }, (_, index) => Buffer.from(JSON.stringify(chatAnswer(index))));

function valueAt(turn: number): Uint8Array {
  return values[turn % objects] ?? new Uint8Array();
}

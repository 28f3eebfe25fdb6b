import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { KeyvSqlite } from "@keyv/sqlite";
import { DiskBackend } from "@llmcache/disk";
import cacache from "cacache";
import { Keyv } from "keyv";
import type { Role } from "../row.ts";

/** A store on the disk that is given and gives back an answer. */
export interface DiskStore {
  put(key: string, answer: unknown): Promise<unknown>;
  get(key: string): Promise<unknown>;
  /** Stores some at once, where the store can. */
  putTogether?(entries: readonly (readonly [key: string, answer: unknown])[]): void;
  close(): Promise<void>;
}

export interface DiskStoreKind {
  readonly name: string;
  readonly role: Role;
  open(directory: string): DiskStore;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Answers as the bytes of their JSON. */
export function encodeAnswer(answer: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(answer));
}

function decodeAnswer(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes));
}

/** All that are compared. The folder is there, and empty or as an earlier one has left it. */
export const diskStores: readonly DiskStoreKind[] = [
  {
    name: "llmcache",
    role: "ours",
    open(directory) {
      const backend = new DiskBackend({ directory: join(directory, "llmcache"), maxBytes: Infinity });
      return {
        put: (key, answer) => backend.put(key, encodeAnswer(answer)),
        async get(key) {
          const bytes = await backend.get(key);
          return bytes === undefined ? undefined : decodeAnswer(bytes);
        },
        close: () => backend[Symbol.asyncDispose](),
      };
    },
  },
  {
    name: "@keyv/sqlite",
    role: "peer",
    open(directory) {
      const store = new KeyvSqlite({ uri: `sqlite://${join(directory, "keyv.db")}`, wal: true });
      const cache = new Keyv({ store });
      return {
        put: (key, answer) => cache.set(key, answer),
        get: (key) => cache.get(key),
        close: () => store.close(),
      };
    },
  },
  {
    name: "cacache",
    role: "peer",
    open(directory) {
      const folder = join(directory, "cacache");
      return {
        put: (key, answer) => cacache.put(folder, key, Buffer.from(JSON.stringify(answer))),
        get: async (key) => decodeAnswer((await cacache.get(folder, key)).data),
        close: async () => undefined,
      };
    },
  },
  { name: "raw node:sqlite", role: "limit", open: openRaw },
];

/** SQLite as it comes with Node, on the main thread: a commit for each put. */
function openRaw(directory: string): DiskStore {
  const database = new DatabaseSync(join(directory, "raw.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 2147483648");
  database.exec("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT");
  const put = database.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?)");
  const get = database.prepare("SELECT value FROM entries WHERE key = ?");
  return {
    put: async (key, answer) => put.run(key, encodeAnswer(answer)),
    async get(key) {
      const row = get.get(key);
      return row === undefined ? undefined : decodeAnswer(row["value"] as Uint8Array);
    },
    putTogether(entries) {
      database.exec("BEGIN IMMEDIATE");
      for (const [key, answer] of entries) put.run(key, encodeAnswer(answer));
      database.exec("COMMIT");
    },
    close: async () => database.close(),
  };
}

import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { DiskBackend } from "@llmcache/disk";
import { canMount, outputOf, runMounted, runProcess, startProcess } from "./run-process.ts";
import { setAsideIn, temporaryDirectories } from "./temporary-directory.ts";

const nextDirectory = temporaryDirectories();
const isLong = process.env["LLMCACHE_LONG"] === "1";
const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value);

describe("a process", () => {
  test("ends by itself when it has used the cache and disposed of nothing, and writes first what it has begun to", async () => {
    const directory = nextDirectory();
    expect(await runProcess("put-and-leave.ts", [directory])).toBe("read 1\nwritten\n");
    await using backend = new DiskBackend({ directory });
    expect(await backend.getMany(["a", "b"])).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
  });

  test.each(Array.from({ length: isLong ? 20 : 3 }, (_, round) => round + 1))(
    "that is killed in the middle of its writes loses none that was acknowledged (round %i)",
    async (round) => {
      const directory = nextDirectory();
      const child = startProcess("put-until-killed.ts", [directory, "k/_"]);
      const acknowledged: number[] = [];
      for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
        acknowledged.push(Number(line));
        // Past the first checkpoint of the log, which comes after some 300 of these.
        if (acknowledged.length === 300 * round) child.kill("SIGKILL");
      }
      expect(acknowledged.length).toBeGreaterThanOrEqual(300 * round);
      await using backend = new DiskBackend({ directory });
      for (const number of acknowledged) {
        expect(await backend.get(`k/_/${number}`)).toEqual(new Uint8Array(3_000).fill(number % 251));
      }
      await backend.put("k/_/afterwards", Uint8Array.of(1));
      expect(setAsideIn(directory)).toEqual([]);
    },
    60_000,
  );

  test(
    "loses nothing that was acknowledged while another one writes to the same folder",
    { timeout: 120_000 },
    async () => {
      const directory = nextDirectory();
      const ms = isLong ? 20_000 : 3_000;
      const outputs = await Promise.all(
        ["p0/_", "p1/_"].map((prefix) => runProcess("put-for.ts", [directory, prefix, `${ms}`])),
      );
      const counts = outputs.map((output) => JSON.parse(output) as { puts: number; increments: number });
      await using backend = new DiskBackend({ directory });
      for (const [index, { puts }] of counts.entries()) {
        expect(puts).toBeGreaterThan(0);
        const keys = Array.from({ length: puts }, (_, number) => `p${index}/_/${number}`);
        const values = await backend.getMany(keys);
        const lost = values.filter(
          (value, number) => !(value instanceof Uint8Array) || text(value) !== `p${index}/_ ${number}`,
        );
        expect(lost).toEqual([]);
      }
      const increments = counts.reduce((sum, count) => sum + count.increments, 0);
      expect(text(await backend.get("shared/_/count"))).toBe(`${increments}`);
      expect(setAsideIn(directory)).toEqual([]);
    },
  );
});

describe("a folder that cannot be written", () => {
  test.skipIf(!canMount)(
    "because it is mounted read-only is told as such (skipped where this user may not mount)",
    async () => {
      const directory = nextDirectory();
      await runProcess("put-one.ts", [directory, "a"]);
      const mount = `mount --bind '${directory}' '${directory}' && mount -o remount,ro,bind '${directory}'`;
      const results = JSON.parse(await runMounted(mount, "try-all.ts", [directory])) as Record<string, unknown>;
      const failure = {
        message: expect.stringMatching(/is mounted read-only: mount it writable, or give/),
        cause: expect.stringMatching(/EROFS/),
      };
      expect(results).toEqual({ get: failure, put: failure, ping: failure });
    },
  );

  test.skipIf(process.platform === "win32")("because it belongs to another user is told as such", async () => {
    const parent = nextDirectory();
    mkdirSync(parent, { recursive: true });
    chmodSync(parent, 0o500);
    // No mode stops root, so root becomes nobody.
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const output = await outputOf(startProcess("try-all.ts", [`${parent}/below`], user));
    const failure = {
      message: expect.stringMatching(/below cannot be read and written: give the user of this process the right/),
      cause: expect.stringMatching(/EACCES/),
    };
    expect(JSON.parse(output)).toEqual({ get: failure, put: failure, ping: failure });
  });

  test("because there is a file in its place is told as such", async () => {
    const directory = nextDirectory();
    mkdirSync(dirname(directory), { recursive: true });
    writeFileSync(directory, "a file");
    await using backend = new DiskBackend({ directory });
    await expect(backend.get("a")).rejects.toThrow(/cache is not a folder: give the cache a directory of its own/);
    await expect(backend.put("a", Uint8Array.of(1))).rejects.toThrow(/cache is not a folder/);
    expect(existsSync(directory)).toBe(true);
  });
});

test.skipIf(!canMount)(
  "a full disk is told as such, keeps what was acknowledged, and is used again when there is space (skipped where this user may not mount)",
  { timeout: 60_000 },
  async () => {
    const disk = nextDirectory();
    mkdirSync(disk, { recursive: true });
    const output = await runMounted(`mount -t tmpfs -o size=16m none '${disk}'`, "fill-disk.ts", [disk]);
    const result = JSON.parse(output) as Record<string, unknown>;
    expect(result).toEqual({
      message: expect.stringMatching(
        /disk of .*cache is full, so nothing new is stored: free space on it, or give the cache a smaller maxBytes/,
      ),
      cause: expect.stringMatching(/full|no space/i),
      stored: expect.any(Number),
      intactWhileFull: result["stored"],
      intactAfterwards: result["stored"],
      goesOn: true,
    });
    expect(result["stored"]).toBeGreaterThan(50);
  },
);

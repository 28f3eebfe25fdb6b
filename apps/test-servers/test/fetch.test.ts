import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { afterEach, expect, test, vi } from "vitest";
import { fetchOnce } from "../src/fetch-once.ts";
import fetchServers from "../src/global-setup.ts";
import type { Program } from "../src/program.ts";
import { programs } from "../src/programs.ts";
import { ServerUnavailable } from "../src/index.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const timeout = 60_000;

afterEach(() => {
  vi.unstubAllEnvs();
});

test("fetches a program once, though four processes ask for it at the same time", { timeout }, async () => {
  const services = await temporaryFolder();
  const codes = await Promise.all(Array.from({ length: 4 }, () => codeOf(fetchSlowly(services, 300))));
  expect(codes).toEqual([0, 0, 0, 0]);
  const [folder = ""] = await foldersIn(services);
  expect(await readFile(join(services, folder, "attempts"), "utf8")).toBe("one\n");
});

test("shows nothing of a fetch that was killed, and lets the next one go on with it", { timeout }, async () => {
  const services = await temporaryFolder();
  const killed = fetchSlowly(services, 3_600_000);
  await once(killed.stdout ?? killed, "data");
  killed.kill("SIGKILL");
  await codeOf(killed);
  expect(await foldersIn(services)).toEqual([expect.stringMatching(/\.partial$/)]);

  expect(await codeOf(fetchSlowly(services, 0))).toBe(0);
  const [folder = "", ...others] = await foldersIn(services);
  expect(others).toEqual([]);
  expect(await readFile(join(services, folder, "attempts"), "utf8")).toBe("one\none\n");
  expect(existsSync(join(services, folder, "rest"))).toBe(true);
});

test("fetches again what is made of something else than before", async () => {
  const services = await temporaryFolder();
  const version = (pin: number): Program => ({
    title: `version ${pin}`,
    pin,
    fetch: (folder) => writeFile(join(folder, "version"), String(pin)),
  });
  const first = await fetchOnce(services, "program", version(1));
  const second = await fetchOnce(services, "program", version(2));
  expect(await Promise.all([first, second].map((folder) => readFile(join(folder, "version"), "utf8")))).toEqual([
    "1",
    "2",
  ]);
});

test("a machine without apt or npm cannot fetch, and says what it lacks", async () => {
  const folder = await temporaryFolder();
  // Enough to start a program with, and nothing else.
  vi.stubEnv("PATH", await pathWithOnly(folder, "setpriv"));
  const reasons = await Promise.all(
    [programs["redis-7"], programs.azurite].map((program) => failureOf(program, folder)),
  );
  for (const reason of reasons) expect(reason).toBeInstanceOf(ServerUnavailable);
  expect(String(reasons[0])).toMatch(/needs Redis 7: .*apt-get/);
  expect(String(reasons[1])).toMatch(/needs Azurite: .*npm/);
});

test("a machine without a network cannot fetch, and says so", { timeout }, async () => {
  const folder = await temporaryFolder();
  for (const name of ["http_proxy", "https_proxy"]) vi.stubEnv(name, "http://127.0.0.1:1");
  const reason = await failureOf(programs["redis-7"], folder);
  expect(reason).toBeInstanceOf(ServerUnavailable);
  expect(String(reason)).toMatch(/needs Redis 7: .*127\.0\.0\.1/);
});

test("refuses a list of servers that names what is not there", async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, "test"));
  await writeFile(join(root, "test/servers.json"), '["redis-6"]');
  await expect(fetchServers({ config: { root } })).rejects.toThrow("must be a list of these: redis-7, redis-8,");
});

function fetchSlowly(services: string, milliseconds: number): ChildProcess {
  const script = join(import.meta.dirname, "processes/fetch-slowly.ts");
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, services, String(milliseconds)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
}

async function codeOf(child: ChildProcess): Promise<unknown> {
  const [code] = (await once(child, "exit")) as unknown[];
  return code;
}

async function foldersIn(services: string): Promise<string[]> {
  const entries = await readdir(services, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function failureOf(program: Program, folder: string): Promise<unknown> {
  return program.fetch(folder).catch((error: unknown) => error);
}

/** A PATH on which only one program is found. */
async function pathWithOnly(folder: string, program: string): Promise<string> {
  const path = join(folder, "bin");
  await mkdir(path);
  await symlink(`/usr/bin/${program}`, join(path, program));
  return path;
}

import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "@llmcache/cli";
import { serverOrSkip, startRedisCluster, startRedisSentinel } from "@llmcache/test-servers";
import { expect, test } from "vitest";
import { command, ended, startCommand, startOnTerminal } from "./support/command.ts";
import { diskStore, onDisk, store, temporaryFolder } from "./support/stores.ts";

const commands = ["stats", "get", "explain", "delete", "clear", "export", "import", "copy", "verify", "gateway"];

test("every command has help, and the help names every command", async () => {
  const { code, output } = await command(["--help"]);
  expect(code).toBe(0);
  for (const name of commands) {
    expect(output).toMatch(new RegExp(`^ +${name} `, "m"));
    const help = await command([name, "--help"]);
    expect(help).toMatchObject({ code: 0, output: expect.stringMatching(new RegExp(`^usage: llmcache ${name} `)) });
    expect(await command(["help", name])).toEqual(help);
  }
  const { output: version } = await command(["--version"]);
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as {
    version: string;
  };
  expect(version).toBe(`${manifest.version}\n`);
});

test.for([
  [[], /^$/],
  [["stat"], /no command "stat"/],
  [["stats"], /STORE is missing/],
  [["stats", "memory:", "memory:"], /one word too many/],
  [["stats", "memory:", "--nonsense"], /Unknown option '--nonsense'/],
  [["stats", "answers"], /a store is given by its URL/],
  [["stats", "mongodb://host"], /no store has the scheme mongodb:/],
  [["stats", "disk:"], /needs a folder/],
  [["stats", "disk:./not/there"], /disk:.\/not\/there: there is no such folder/],
  [["stats", "jsonl:./not-there.jsonl"], /there is no such file/],
  [["stats", "disk:.?maxByte=1"], /unknown parameter "maxByte"; known are maxBytes/],
  [["copy", "memory:", "disk:x?maxBytes=a"], /maxBytes must be a whole number above 0/],
  [["stats", "redis://u:hunter2@localhost/x"], /must have a number as its database/],
  [["stats", "redis+cluster://u:hunter2@a:1,b:2/x"], /redis\+cluster:\/\/a:1,b:2\/x must have hosts and nothing more/],
  [["stats", "redis+sentinel://u:hunter2@a:1"], /what they call the primary/],
  [["stats", "s3:"], /bucket must be the name of a bucket/],
  [["stats", "gs://x?region=1"], /unknown parameter "region"/],
  [["stats", "azure://container?account="], /must name the account/],
  [["get", "memory:", "--key", "x"], /--key must be/],
  [["get", "memory:", "--limit", "-1"], /--limit/],
] as const)("a command that is wrong ends with 2 and says why: %j", async ([words, reason]) => {
  const { code, output, errors } = await command(words, { cwd: temporaryFolder() });
  expect(code).toBe(2);
  expect(errors).toMatch(reason);
  expect(output + errors).not.toContain("hunter2");
});

test("a store that is not there ends with 1, and without the password", async () => {
  const { code, errors } = await command(["stats", "redis://user:hunter2@127.0.0.1:1"]);
  expect(code).toBe(1);
  expect(errors).toMatch(/^llmcache: .*Redis/);
  expect(errors).not.toContain("hunter2");
  // Nothing is made where one only wanted to look.
  const folder = temporaryFolder();
  await command(["stats", "disk:./typo"], { cwd: folder });
  expect(existsSync(join(folder, "typo"))).toBe(false);
});

test("Redis by the environment alone, and a Cluster by its nodes", async (context) => {
  const cluster = await serverOrSkip(context, () => startRedisCluster());
  const hosts = cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(",");
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) => store(backend, [{ question: "a" }, { question: "b" }]));
  expect(await command(["copy", url, `redis+cluster://${hosts}`])).toMatchObject({
    code: 0,
    output: expect.stringContaining("2 entries copied"),
  });
  const environment = { REDIS_CLUSTER_NODES: JSON.stringify(cluster.nodes.map(({ host, port }) => ({ host, port }))) };
  expect((await command(["stats", "redis:"], { environment })).output).toContain("2 entries");
});

test("the primary that Sentinels name", async (context) => {
  const { sentinels, masterName } = await serverOrSkip(context, () => startRedisSentinel());
  const hosts = sentinels.map(({ host, port }) => `${host}:${port}`).join(",");
  const target = `redis+sentinel://${hosts}/${masterName}`;
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) => store(backend, [{ question: "a" }]));
  expect((await command(["copy", url, target])).output).toContain("1 entry copied");
  expect((await command(["verify", target])).output).toBe("1 sound entry\n");
});

test("colours are for a terminal, and not with NO_COLOR", async (context) => {
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) => store(backend, [{ question: "a" }]));
  const coloured = startOnTerminal(["get", url]);
  if (coloured === undefined) return context.skip("needs script, for a terminal");
  expect((await ended(coloured)).output).toContain("\u001b[32mfresh");
  const plain = startOnTerminal(["get", url], { NO_COLOR: "1" });
  if (plain !== undefined) expect((await ended(plain)).output).toMatch(/^fresh /m);
  expect((await command(["get", url])).output).not.toContain("\u001b");
});

/** The command installed alone, with core and nothing else beside it. */
function installedAlone(): { readonly program: string; readonly modules: string } {
  const folder = temporaryFolder();
  const cli = join(import.meta.dirname, "..");
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@llmcache"), { recursive: true });
  cpSync(join(cli, "src"), join(folder, "src"), { recursive: true });
  cpSync(join(cli, "package.json"), join(folder, "package.json"));
  symlinkSync(join(cli, "../../packages/core"), join(modules, "@llmcache/core"));
  symlinkSync(join(cli, "node_modules/string-width"), join(modules, "string-width"));
  return { program: join(folder, "src/main.ts"), modules };
}

test("a package that is not installed is named", async () => {
  const { program } = installedAlone();
  for (const [url, name] of [
    ["disk:.", "@llmcache/disk"],
    ["redis://localhost", "@llmcache/redis"],
    ["rediss+cluster://localhost", "@llmcache/redis"],
    ["s3://bucket", "@llmcache/s3"],
    ["gs://bucket", "@llmcache/gcs"],
    ["azure://container", "@llmcache/azure"],
  ] as const) {
    const { code, errors } = await command(["stats", url], { program });
    expect([code, errors]).toEqual([2, expect.stringContaining(`npm install ${name}\n`)]);
  }
  expect((await command(["stats", "memory:"], { program })).code).toBe(0);
  const gateway = await command(["gateway"], { program });
  expect(gateway).toMatchObject({ code: 2, errors: expect.stringContaining("npm install @llmcache/gateway") });
});

/** Serves until it is told to end, as a gateway does. */
const gatewayProgram = `
  setInterval(() => undefined, 60_000);
  process.on("SIGTERM", () => {
    console.log("stopped");
    process.exit(7);
  });
  console.log(JSON.stringify(process.argv.slice(2)));
`;

test("gateway runs the command of the package, with its words and its exit code, and hands on the signal to end", async () => {
  const { program, modules } = installedAlone();
  const folder = join(modules, "@llmcache/gateway");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ type: "module", bin: { "llmcache-gateway": "main.js" } }),
  );
  writeFileSync(join(folder, "main.js"), gatewayProgram);
  const child = startCommand(["gateway", "--config", "a.yaml"], { program });
  const end = ended(child);
  child.stdout?.once("data", () => child.kill("SIGTERM"));
  expect(await end).toEqual({ code: 7, output: '["--config","a.yaml"]\nstopped\n', errors: "" });
});

test("a program opens a store by its URL", async () => {
  const { url } = diskStore();
  const backend = await openStore(url, { create: true });
  await backend.put("a", new Uint8Array([1]));
  expect(await backend.get("a")).toEqual(new Uint8Array([1]));
  await backend[Symbol.asyncDispose]?.();
  await expect(openStore("nonsense")).rejects.toThrow("a store is given by its URL");
});

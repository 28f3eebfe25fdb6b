import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instant, startLocalModel } from "@llmcache/local-model";
import { expect, test, type TestContext } from "vitest";
import { askAdmin, chat, start } from "./start.ts";

const environment = { OLD: randomBytes(32).toString("base64"), NEW: randomBytes(32).toString("base64") };

/** What a gateway answered, how that came about, and what its admin API says of the entry afterwards. */
interface Asked {
  readonly text: string;
  readonly status: string;
  readonly key: string;
  readonly entry: unknown;
}

/** Asks a gateway of its own, in front of a model, on a folder of encrypted answers. */
async function ask(
  context: TestContext,
  origin: string,
  { directory, ...cache }: { readonly directory: string; readonly encrypt: object; readonly compress?: boolean },
): Promise<Asked> {
  const tiers = [{ type: "disk", options: { directory } }];
  const upstreams = { local: { url: origin, private: true } };
  const { gateway, url } = await start(context, { cache: { ...cache, tiers }, upstreams }, environment);
  const response = await fetch(`${url}/v1/chat/completions`, chat("What is nobody's business?"));
  const text = await response.text();
  const key = response.headers.get("x-llmcache-key") ?? "";
  await gateway.cache.flush();
  const entry: unknown = await (await askAdmin(url, `/cache/entry?key=${key}`)).json();
  await gateway.close();
  return { text, status: response.headers.get("cache-status") ?? "", key, entry };
}

test("what is stored is encrypted, and an older key still reads it after a rotation", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "llmcache-gateway-"));
  const { origin, close } = await startLocalModel({ ...instant });
  context.onTestFinished(async () => {
    await close();
    await rm(directory, { recursive: true });
  });
  const old = { current: "old", keys: { old: "${OLD}" } };
  // Not compressed, which would hide the answer as well.
  const first = await ask(context, origin, { directory, encrypt: old });
  expect(first.status).toContain("fwd=miss");
  expect(first.entry).toMatchObject({ stores: ["disk"], standing: "fresh" });
  const files = await readdir(directory);
  const stored = (await Promise.all(files.map((file) => readFile(join(directory, file), "latin1")))).join("");
  expect(stored).toContain(first.key);
  expect(stored).not.toContain("chat.completion");

  const both = { current: "new", keys: { old: "${OLD}", new: "${NEW}" } };
  const rotated = await ask(context, origin, { directory, encrypt: both, compress: true });
  expect(rotated.status).toContain("hit");
  expect(rotated.text).toBe(first.text);
  const only = { current: "new", keys: { new: "${NEW}" } };
  const without = await ask(context, origin, { directory, encrypt: only, compress: true });
  expect(without.status).toContain("fwd=miss");
  expect(without.entry).toEqual({ unreadable: "UNREADABLE_ENTRY" });
});

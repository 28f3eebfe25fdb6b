import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instant, startLocalModel } from "@llmcache/local-model";
import { expect, test, type TestContext } from "vitest";
import { askAdmin, chat, start } from "./start.ts";

const environment = { OLD: randomBytes(32).toString("base64"), NEW: randomBytes(32).toString("base64") };

/** Asks a gateway of its own, in front of a model, on a folder of encrypted answers. What it answers, and how that came about. */
async function ask(
  context: TestContext,
  origin: string,
  directory: string,
  encrypt: object,
): Promise<{ text: string; status: string }> {
  const cache = { tiers: [{ type: "disk", options: { directory } }], compress: true, encrypt };
  const upstreams = { local: { url: origin, private: true } };
  const { gateway, url } = await start(context, { cache, upstreams }, environment);
  const response = await fetch(`${url}/v1/chat/completions`, chat("What is nobody's business?"));
  const text = await response.text();
  const key = response.headers.get("x-llmcache-key") ?? "";
  await gateway.cache.flush();
  expect((await askAdmin(url, `/cache/entry?key=${key}`)).status).toBe(200);
  await gateway.close();
  return { text, status: response.headers.get("cache-status") ?? "" };
}

test("what is stored is encrypted, and an older key still reads it after a rotation", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "llmcache-gateway-"));
  const { origin, close } = await startLocalModel({ ...instant });
  context.onTestFinished(async () => {
    await close();
    await rm(directory, { recursive: true });
  });
  const first = await ask(context, origin, directory, { current: "old", keys: { old: "${OLD}" } });
  expect(first.status).toContain("fwd=miss");
  const files = await readdir(directory);
  const stored = (await Promise.all(files.map((file) => readFile(join(directory, file), "latin1")))).join("");
  expect(stored).toContain("gateway/");
  expect(stored).not.toContain("chat.completion");

  const rotated = await ask(context, origin, directory, { current: "new", keys: { old: "${OLD}", new: "${NEW}" } });
  expect(rotated.status).toContain("hit");
  expect(rotated.text).toBe(first.text);
  const without = await ask(context, origin, directory, { current: "new", keys: { new: "${NEW}" } });
  expect(without.status).toContain("fwd=miss");
});

import { type Backend, type Cache, isLlmCacheError, LlmCacheError } from "@llmcache/core";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { redact } from "../config/redact.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { RefusedError, refuse } from "../proxy/refusal.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { pingStores } from "./ping-stores.ts";
import { readEntry } from "./stored-entry.ts";

/** What is administrated. */
export interface Administrated {
  readonly loaded: LoadedConfig;
  readonly cache: Cache;
  /** All stores as one, and each by itself. */
  readonly backend: Backend;
  readonly stores: readonly Backend[];
  /** Those, and the one where answers are found by meaning, if they are. */
  readonly everyStore: readonly Backend[];
  readonly telemetry: Telemetry;
  /** Removes what a semantic tier keeps of an entry. */
  readonly forget: (key: string) => Promise<void>;
}

/** Keys as core makes them, `<namespace>/<scope>/<digest>`, and none of its own records. */
const keyPattern = /^(?:[a-z0-9-][a-z0-9._-]*\/){2}[0-9a-f]{64}$/;

const place = { namespace: z.string().min(1).optional(), scope: z.string().min(1).optional() };
const clearing = z.strictObject(place);
const invalidation = z.strictObject({ ...place, tags: z.array(z.string().min(1)).min(1) });

/** The routes under `/cache`. Whoever gets here has shown the admin key. */
export function adminApi({ loaded, cache, backend, stores, everyStore, telemetry, forget }: Administrated): Hono {
  const { config, written } = loaded;
  const { showPrompts } = config.admin;
  let enabled = true;
  const switchTo = (context: Context, on: boolean) => {
    enabled = on;
    if (on) cache.enable();
    else cache.disable();
    return context.json({ enabled });
  };
  return new Hono()
    .get("/ping", async (context) => {
      const pings = await pingStores(everyStore);
      const ok = pings.every((ping) => ping.ok);
      return context.json({ status: ok ? "ok" : "down", stores: pings }, ok ? 200 : 503);
    })
    .get("/stats", (context) => {
      const { journal } = telemetry;
      return context.json({
        enabled,
        showPrompts,
        startedAt: journal.startedAt,
        namespace: config.cache.namespace,
        totals: cache.stats(),
        ...journal.summary(),
      });
    })
    .get("/calls", (context) => context.json({ calls: telemetry.journal.calls() }))
    .get("/settings", (context) => context.json({ file: loaded.file, enabled, settings: redact(config, written) }))
    .get("/entry", async (context) => {
      const key = keyIn(context);
      const entry = await readEntry(key, stores, showPrompts);
      if (entry === undefined) throw absent();
      return context.json(entry);
    })
    .get("/explain", async (context) => {
      const key = keyIn(context);
      const entry = await readEntry(key, stores, showPrompts);
      const calls = telemetry.journal.calls().filter((call) => call.key === key || call.semantic?.match === key);
      const standing = entry === undefined ? "absent" : "unreadable" in entry ? "unreadable" : entry.standing;
      return context.json({ key, standing, entry, calls });
    })
    .delete("/entry", async (context) => {
      const key = keyIn(context);
      await Promise.all([backend.delete(key), forget(key)]).catch((cause: unknown) => {
        throw new LlmCacheError("BACKEND_FAILED", "the entry could not be deleted", { cause, key });
      });
      return context.json({ deleted: key });
    })
    .post("/invalidate", async (context) => {
      const { tags, ...where } = await bodyOf(context, invalidation);
      await cache.invalidate(tags, where);
      return context.json({ invalidated: tags });
    })
    .post("/clear", async (context) => {
      const where = await bodyOf(context, clearing);
      await cache.clear(where);
      return context.json({ cleared: { namespace: config.cache.namespace, ...where } });
    })
    .post("/enable", (context) => switchTo(context, true))
    .post("/disable", (context) => switchTo(context, false))
    .onError((error) => {
      if (error instanceof RefusedError) return refuse(error.refusal);
      if (!isLlmCacheError(error)) throw error;
      const status = error.code === "UNSUPPORTED" ? 400 : 503;
      // What its cause says is the store's own, and may name accounts.
      return refuse({ status, code: error.code.toLowerCase(), message: `the store failed (${error.code})` });
    })
    .all("*", () => {
      throw new RefusedError({ status: 404, code: "not_found", message: "there is no such route under /cache" });
    });
}

function keyIn(context: Context): string {
  const key = context.req.query("key");
  if (key !== undefined && keyPattern.test(key)) return key;
  throw new RefusedError({
    status: 400,
    code: "invalid_key",
    message: "the parameter key must be the key of an entry",
  });
}

async function bodyOf<Shape>(context: Context, schema: z.ZodType<Shape>): Promise<Shape> {
  const body: unknown = await context.req.json().catch(() => undefined);
  const checked = schema.safeParse(body ?? {});
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) => [...path, message].join(": "));
  throw new RefusedError({ status: 400, code: "invalid_body", message: problems.join("; ") });
}

function absent(): RefusedError {
  return new RefusedError({ status: 404, code: "absent", message: "no store holds this key" });
}

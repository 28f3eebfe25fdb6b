import { createHash } from "node:crypto";
import type { CacheControls, Duration } from "@llmcache/core";
import { operations } from "@llmcache/http";
import { z } from "zod";
import type { Config } from "./config.ts";
import { isLoopback, problemOfUrl } from "./upstream-url.ts";

const durationPattern = /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/;
const duration = z.custom<Duration>(
  (value) => (typeof value === "number" && value >= 0) || (typeof value === "string" && durationPattern.test(value)),
  'must be seconds or a text such as "250ms", "30s", "5m", "12h" or "7d"',
);

/** For what must end, because a client waits for it. */
const finiteDuration = duration.refine((value) => value !== Infinity && value !== 0, "must be above 0 and end");

const units: Readonly<Record<string, number>> = {
  "": 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
const bytes = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^(\d+)\s*([KMG]i?B)?$/.exec(String(value));
  const amount = match === null ? 0 : Number(match[1]) * (units[match[2] ?? ""] ?? 0);
  if (amount > 0) return amount;
  context.addIssue({ code: "custom", message: 'must be a number of bytes above 0, or a text such as "32MiB"' });
  return z.NEVER;
});

/** What an environment variable holds is a text. */
const port = z
  .union([z.number(), z.string().regex(/^\d+$/, "must be a port")])
  .transform(Number)
  .pipe(z.int().min(0).max(65_535));

/** What stands in for any client, so that what one tenant may reach is never said by a request: these are not among them. */
const safeControls = [
  ...["noCache", "noStore", "ttl", "maxAge", "minFresh", "maxStale", "staleWhileRevalidate", "staleIfError"],
  ...["onlyIfCached", "use", "tags"],
] as (keyof CacheControls)[];

const controls = z.strictObject({
  allow: z.array(z.enum<(keyof CacheControls)[]>([...safeControls, "namespace", "scope", "key"])).default(safeControls),
  maxTtl: duration.optional(),
  otherwise: z.enum(["forbid", "cap"]).default("forbid"),
});

/** What a header may be called, and hold (RFC 9110, section 5). */
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no name of a header");
const headers = z.record(headerName, z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, "must be the value of a header"));

const upstream = z
  .strictObject({
    url: z.string(),
    paths: z.array(z.string().regex(/^(?:\/[A-Za-z0-9._~-]+)+$/, "must be a path such as /anthropic")).default([]),
    models: z.array(z.string().min(1)).default([]),
    headers: headers.default({}),
    private: z.boolean().default(false),
  })
  .superRefine(({ url, private: allowPrivate }, context) => {
    const problem = problemOfUrl(url, allowPrivate);
    if (problem !== undefined) context.addIssue({ code: "custom", path: ["url"], message: problem });
  });

const tier = z.strictObject({
  type: z.enum(["memory", "disk", "redis", "s3", "gcs", "azure"]),
  maxTtl: duration.optional(),
  timeout: finiteDuration.optional(),
  options: z.record(z.string(), z.unknown()).default({}),
});

/** A key, of which only the digest is kept from here on. */
const secret = {
  key: z.string().min(16, "must have 16 characters or more").transform(digestOf).optional(),
  hash: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits, as --new-key prints them")
    .transform((text) => text.slice("sha256:".length))
    .optional(),
};

const apiKey = z
  .strictObject({
    name: z.string().min(1),
    ...secret,
    scope: z.string().min(1).optional(),
    upstreams: z.array(z.string()).optional(),
    controls: controls.optional(),
  })
  .transform(({ key, hash, ...rest }, context) => {
    if ((key === undefined) === (hash === undefined))
      context.addIssue({ code: "custom", message: "must have either a key or a hash" });
    return { ...rest, hash: hash ?? key ?? "" };
  });

const admin = z
  .strictObject({
    ...secret,
    hosts: z.array(z.string().regex(/^[A-Za-z0-9._:[\]-]+$/, "must be the name of a host")).default([]),
    open: z.array(z.enum(["ready", "metrics"])).default([]),
    showPrompts: z.boolean().default(false),
  })
  .transform(({ key, hash, ...rest }) => ({ ...rest, hash: hash ?? key }));

const limits = z.strictObject({
  body: bytes.prefault("32MiB"),
  headersTimeout: finiteDuration.default("15s"),
  requestTimeout: finiteDuration.default("2m"),
  connectTimeout: finiteDuration.default("10s"),
  upstreamTimeout: finiteDuration.default("10m"),
  idleTimeout: finiteDuration.default("11m"),
  shutdownTimeout: finiteDuration.default("30s"),
  connections: z.int().min(1).default(20_000),
});

const encrypt = z
  .strictObject({
    current: z.string(),
    keys: z.record(
      z.string().regex(/^[A-Za-z0-9._-]{1,32}$/, "is no id: 1 to 32 characters of A-Z a-z 0-9 . _ -"),
      z
        .base64("must be 32 bytes in base64")
        .transform((text): Uint8Array => Buffer.from(text, "base64"))
        .refine(({ length }) => length === 32, "must be 32 bytes in base64"),
    ),
  })
  .refine(({ current, keys }) => Object.hasOwn(keys, current), {
    path: ["current"],
    message: "must be the id of one of the keys",
  });

const cache = z.strictObject({
  namespace: z.string().min(1).default("gateway"),
  tiers: z
    .array(tier)
    .min(1)
    .prefault([{ type: "memory" }]),
  ttl: duration.default("1d"),
  ttlByModel: z.record(z.string(), duration).default({}),
  staleWhileRevalidate: duration.optional(),
  staleIfError: duration.optional(),
  operations: z.array(z.enum(operations)).optional(),
  ignore: z.array(z.string().min(1)).optional(),
  modelGroups: z.array(z.array(z.string().min(1))).optional(),
  headersThatCount: z.array(headerName).optional(),
  defaultOff: z.boolean().default(false),
  mode: z.enum(["live", "read-only", "write-only", "refresh", "replay", "off"]).default("live"),
  coalesce: z.enum(["process", "distributed", "off"]).default("process"),
  leaseDuration: finiteDuration.optional(),
  readTimeout: finiteDuration.default("500ms"),
  semanticTimeout: finiteDuration.default("1s"),
  scope: z.string().min(1).optional(),
  bodyControls: z.boolean().default(true),
  compress: z.boolean().default(false),
  encrypt: encrypt.optional(),
});

const semantic = z.strictObject({
  embedder: z.strictObject({
    baseUrl: z.string().optional(),
    apiKey: z.string().min(1),
    model: z.string().min(1),
    dimensions: z.int().min(1).optional(),
  }),
  store: z.strictObject({
    type: z.enum(["memory", "redis", "qdrant"]),
    options: z.record(z.string(), z.unknown()).default({}),
  }),
  options: z.record(z.string(), z.unknown()).default({}),
});

const config: z.ZodType<Config> = z
  .strictObject({
    listen: z.strictObject({ host: z.string().min(1).default("127.0.0.1"), port: port.prefault(4141) }).prefault({}),
    limits: limits.prefault({}),
    upstreams: z
      .record(z.string().min(1), upstream)
      .refine((all) => Object.keys(all).length > 0, "must name an upstream at least"),
    cache: cache.prefault({}),
    semantic: semantic.optional(),
    prices: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
    priceFile: z.string().optional(),
    controls: controls.prefault({}),
    apiKeys: z.array(apiKey).default([]),
    admin: admin.prefault({}),
  })
  .superRefine((whole, context) => {
    const names = Object.keys(whole.upstreams);
    for (const [index, key] of whole.apiKeys.entries()) {
      const unknown = key.upstreams?.find((name) => !names.includes(name));
      const path = ["apiKeys", index];
      if (unknown !== undefined)
        context.addIssue({ code: "custom", path: [...path, "upstreams"], message: `there is no upstream ${unknown}` });
      if (whole.apiKeys.findIndex(({ name }) => name === key.name) !== index)
        context.addIssue({ code: "custom", path: [...path, "name"], message: "is the name of another key" });
      if (whole.apiKeys.findIndex(({ hash }) => hash === key.hash) !== index)
        context.addIssue({ code: "custom", path, message: "is the same key as another" });
    }
    // It compares questions, so that it must be able to read them.
    if (whole.cache.encrypt !== undefined && whole.semantic !== undefined && whole.semantic.store.type !== "memory") {
      const message = "keeps questions and answers as they are, which cache.encrypt says is not to be: only memory may";
      context.addIssue({ code: "custom", path: ["semantic", "store"], message });
    }
    for (const [name, { headers: set }] of Object.entries(whole.upstreams)) {
      if (Object.keys(set).length === 0 || whole.apiKeys.length > 0 || isLoopback(whole.listen.host)) continue;
      // Whoever reached the gateway would use the operator's account.
      const message = "are set for everybody who reaches this host: name apiKeys, or listen on 127.0.0.1";
      context.addIssue({ code: "custom", path: ["upstreams", name, "headers"], message });
    }
  });

/** Checks a configuration and fills in what it leaves out. Keys are digested: only their hashes are in the result. */
export function checkConfig(value: unknown): z.ZodSafeParseResult<Config> {
  return config.safeParse(value);
}

/** The SHA-256 of a key, 64 hex digits. Keys are long and random, so that it cannot be undone by guessing. */
export function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

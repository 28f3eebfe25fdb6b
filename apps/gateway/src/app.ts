import type { HttpBindings } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { adminApi, type Administrated } from "./admin/admin-api.ts";
import { dashboard } from "./admin/dashboard.ts";
import { refusalOfKey, refusalOfPage } from "./admin/gate.ts";
import { storeStates } from "./admin/store-states.ts";
import type { Config } from "./config/config.ts";
import { forward, type Forwarding } from "./proxy/forward.ts";
import { isCredential } from "./proxy/headers.ts";
import { RefusedError, refuse } from "./proxy/refusal.ts";
import { problemOfTarget } from "./proxy/request-target.ts";

type App = Hono<{ Bindings: HttpBindings }>;
type Gate = MiddlewareHandler<{ Bindings: HttpBindings }>;

/** What the routes work with. */
export interface AppParts extends Forwarding, Administrated {
  /** Whether the gateway is about to stop. */
  readonly isStopping: () => boolean;
  /** Told of what is nobody's fault but ours. */
  readonly onFailure: (error: unknown) => void;
}

/** All routes: the gateway's own, and everything else to an upstream. */
export async function createApp(parts: AppParts): Promise<App> {
  const { config, telemetry, everyStore, isStopping, onFailure } = parts;
  const app: App = new Hono();
  app.use(async (context, next) => {
    const problem = problemOfTarget(context.env.incoming.url ?? "");
    if (problem !== undefined) throw new RefusedError({ status: 400, code: "invalid_target", message: problem });
    await next();
    if (isStopping()) context.res.headers.set("connection", "close");
  });

  const withKey = adminGate(config, true);
  app.get("/health/live", (context) => context.json({ status: "live" }));
  const withKeyUnlessOpen = (name: Config["admin"]["open"][number]): Gate =>
    config.admin.open.includes(name) ? (_, next) => next() : withKey;
  const states = storeStates(everyStore);
  app.get("/health/ready", withKeyUnlessOpen("ready"), async (context) => {
    // A store that is down is no reason to send no more calls: they are answered by the models.
    const status = isStopping() ? "stopping" : "ready";
    const cache = { type: parts.backend.name, stores: await states() };
    return context.json({ status, cache }, isStopping() ? 503 : 200);
  });
  app.get("/metrics", withKeyUnlessOpen("metrics"), async (context) => {
    return context.body(await telemetry.metrics.read(), 200, { "content-type": telemetry.metrics.contentType });
  });
  app.use("/cache/*", withKey);
  app.route("/cache", adminApi(parts));
  app.use("/dashboard/*", adminGate(config, false));
  app.get("/dashboard", (context) => context.redirect("/dashboard/"));
  app.route("/", await dashboard("/dashboard"));
  for (const own of ["/health", "/metrics", "/dashboard"]) {
    app.all(`${own}/*`, () => {
      throw new RefusedError({ status: 404, code: "not_found", message: `there is no such route under ${own}` });
    });
  }

  const isOpen = config.apiKeys.length === 0 && Object.values(config.upstreams).some(hasCredential);
  app.all("*", (context) => {
    const { incoming, outgoing } = context.env;
    const { headers, signal } = context.req.raw;
    // Where the operator's credential is used without a key of ours, no page of others may use it through a browser on this machine.
    const refusal = isOpen ? refusalOfPage(headers, config) : undefined;
    return refusal === undefined ? forward({ incoming, headers, signal }, outgoing, parts) : refuse(refusal);
  });
  app.onError((error, context) => {
    if (error instanceof RefusedError) return refuse(error.refusal);
    // Nobody is left to be told.
    if (!context.req.raw.signal.aborted) onFailure(error);
    return refuse({ status: 500, code: "internal_error", message: "something went wrong here" });
  });
  return app;
}

/** Lets the operator in. */
function adminGate(config: Config, needsKey: boolean): Gate {
  return async (context, next) => {
    const { headers } = context.req.raw;
    const isOff = config.admin.hash === undefined;
    const refusal = refusalOfPage(headers, config) ?? (needsKey || isOff ? refusalOfKey(headers, config) : undefined);
    if (refusal !== undefined) throw new RefusedError(refusal);
    await next();
    // What an operator sees is kept by nobody on the way.
    if (needsKey) context.res.headers.set("cache-control", "no-store");
  };
}

function hasCredential({ headers }: Config["upstreams"][string]): boolean {
  return Object.keys(headers).some(isCredential);
}

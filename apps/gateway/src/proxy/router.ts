import type { Config, UpstreamConfig } from "../config/config.ts";
import { matches } from "./glob.ts";

/** Where a request goes. */
export interface Route {
  readonly name: string;
  readonly upstream: UpstreamConfig;
  readonly url: URL;
}

/**
 * Finds the upstream of a request: by the beginning of its path, then by the model, then the first that asks for neither.
 *
 * @param target the path and the query, which have been checked
 */
export function routeFor(target: string, model: string | undefined, upstreams: Config["upstreams"]): Route | undefined {
  const all = Object.entries(upstreams);
  const byPath = all
    .flatMap(([name, upstream]) => upstream.paths.map((path) => ({ name, upstream, path })))
    .filter(({ path }) => beginsWith(target, path))
    .toSorted((left, right) => right.path.length - left.path.length)[0];
  if (byPath !== undefined) return routeTo(byPath.name, byPath.upstream, target.slice(byPath.path.length));
  const found =
    all.find(([, { models }]) => model !== undefined && models.some((pattern) => matches(pattern, model))) ??
    all.find(([, { models, paths }]) => models.length === 0 && paths.length === 0);
  return found && routeTo(found[0], found[1], target);
}

/** The model that a path names, as Gemini's do. */
export function modelInPath(target: string): string | undefined {
  // A name that needs an encoding is nobody's pattern.
  return /^[^?]*\/models\/([^/:?%]+)/.exec(target)?.[1];
}

function routeTo(name: string, upstream: UpstreamConfig, rest: string): Route {
  const base = upstream.url.replace(/\/+$/, "");
  return { name, upstream, url: new URL(`${base}${rest.startsWith("/") ? rest : `/${rest}`}`) };
}

function beginsWith(target: string, path: string): boolean {
  return target.startsWith(path) && (target.length === path.length || "/?".includes(target[path.length] ?? ""));
}

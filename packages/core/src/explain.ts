import { judge } from "./cache-control.ts";
import type { Engine } from "./engine.ts";
import { agesOf, type Standing } from "./standing.ts";
import type { BypassReason, MatchInfo, MatchRefusal } from "./event.ts";
import type { Request } from "./request.ts";
import { lookUpByMeaning, type Meaning } from "./semantic-look-up.ts";
import type { SemanticWhy } from "./semantic-tier.ts";

/** How a call would be answered, as far as the cache can tell without answering it. */
export interface Explanation extends Omit<Standing, "match"> {
  /** `undefined` for a call that goes past the cache. */
  readonly key: string | undefined;
  /** Why it would go past the cache. */
  readonly bypass?: BypassReason | undefined;
  /** What the semantic tier says of it, exact hit or not. `undefined`: there is none, or the call has no wording. */
  readonly semantic?: SemanticExplanation | undefined;
}

export interface SemanticExplanation {
  /** `undefined`: the tier failed, and an event says how. */
  readonly why?: SemanticWhy | undefined;
  /** What it would serve. */
  readonly match?: MatchInfo | undefined;
  /** Why the cache would not. */
  readonly refused?: MatchRefusal | undefined;
}

/** Looks everything up that answering would look up, and serves, stores and counts nothing. */
export async function explainRequest(request: Request, engine: Engine): Promise<Explanation> {
  const { key } = request;
  const exact = await exactStanding(request, engine);
  const meaning = await similarStanding(request, engine);
  if (meaning === undefined) return { key, ...exact };
  const { match, found, hit, refused } = meaning;
  const semantic = {
    why: match?.why,
    ...(found !== undefined && { match: found }),
    ...(refused !== undefined && { refused }),
  };
  if (exact.status !== "miss" || hit === undefined) return { key, ...exact, semantic };
  const { missReason } = exact;
  const ages = agesOf(hit.entry, request.settings.clock());
  return { key, status: "semantic", source: hit.source, ...ages, missReason, semantic };
}

async function similarStanding(request: Request, engine: Engine): Promise<Meaning<undefined> | undefined> {
  if (!request.reads || request.settings.mode === "replay") return undefined;
  const { signal } = new AbortController();
  const asked = { open: () => ({ served: undefined }), reads: true, explains: true };
  return lookUpByMeaning(request, asked, signal, engine);
}

async function exactStanding(request: Request, engine: Engine): Promise<Standing> {
  const { controls, settings, store, reads } = request;
  const missed = { status: "miss", source: undefined, age: 0 } as const;
  if (!reads) return { ...missed, missReason: "not-read" };
  const { entry, source = store.backend.name, reason } = await engine.lookUpOne(request);
  if (entry === undefined) return { ...missed, missReason: reason };
  const now = settings.clock();
  const verdict = settings.mode === "replay" ? "fresh" : judge(entry, controls, now);
  const ages = agesOf(entry, now);
  if (verdict === "too-old" || verdict === "expired" || verdict === "if-error")
    return { ...missed, age: ages.age, missReason: verdict === "too-old" ? verdict : "expired" };
  return { status: verdict === "fresh" ? "hit" : "stale", source, ...ages };
}

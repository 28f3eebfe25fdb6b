import type { StoredEntry } from "../admin/stored-entry.ts";
import type { StorePing } from "../admin/ping-stores.ts";
import type { CallRecord } from "../telemetry/call.ts";
import type { Journal } from "../telemetry/journal.ts";

/** What `/cache/stats` says. */
export type Stats = ReturnType<Journal["summary"]> & {
  readonly enabled: boolean;
  readonly startedAt: number;
  readonly namespace: string;
};

/** The admin key is not known here. */
export class SignedOut extends Error {
  override readonly name = "SignedOut";
}

/** In this tab only, until it is closed. */
const place = "llmcache-admin-key";

/** The admin API, by the key of whoever has signed in. */
export const api = {
  get isSignedIn(): boolean {
    return sessionStorage.getItem(place) !== null;
  },
  signIn: (key: string): void => sessionStorage.setItem(place, key),
  signOut: (): void => sessionStorage.removeItem(place),

  stats: (): Promise<Stats> => ask<Stats>("stats"),
  calls: async (): Promise<readonly CallRecord[]> => (await ask<{ calls: readonly CallRecord[] }>("calls")).calls,
  /** A store that is down is an answer too. */
  ping: async (): Promise<readonly StorePing[]> =>
    (await ask<{ stores: readonly StorePing[] }>("ping", {}, [503])).stores,
  entry: (key: string): Promise<StoredEntry | { readonly unreadable: string }> =>
    ask(`entry?key=${encodeURIComponent(key)}`),
  deleteEntry: (key: string): Promise<unknown> => ask(`entry?key=${encodeURIComponent(key)}`, { method: "DELETE" }),
  clear: (): Promise<unknown> => ask("clear", { method: "POST" }),
  switchTo: (on: boolean): Promise<unknown> => ask(on ? "enable" : "disable", { method: "POST" }),
};

async function ask<Answer>(path: string, init: RequestInit = {}, alsoGood: readonly number[] = []): Promise<Answer> {
  const key = sessionStorage.getItem(place);
  if (key === null) throw new SignedOut("sign in first");
  const response = await fetch(`../cache/${path}`, { ...init, headers: { authorization: `Bearer ${key}` } });
  if (response.status === 401) throw new SignedOut("This is not the admin key.");
  const body = (await response.json()) as Answer & { readonly error?: { readonly message?: string } };
  if (response.ok || alsoGood.includes(response.status)) return body;
  throw new Error(body.error?.message ?? `The gateway answered with ${response.status}.`);
}

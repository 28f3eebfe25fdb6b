import type { Cache } from "@llmcache/core";
import { cachedFetch } from "@llmcache/http";
import OpenAI from "openai";
import { type Ledger, openLedger } from "./ledger.ts";
import type { Screen } from "./screen.ts";
import { formatBegun, formatHead, formatRow, type Row } from "./table.ts";
import { count, wrap } from "./text.ts";
import type { Asked, Upstream } from "./upstream.ts";

/** What all acts play on. */
export interface Stage {
  readonly screen: Screen;
  readonly upstream: Upstream;
  readonly cache: Cache;
  /** The folder of the disk cache. */
  readonly directory: string;
  /** The namespace that the tour's entries are kept in. */
  readonly namespace: string;
  readonly ledger: Ledger;
  /** OpenAI's SDK, with the cache under it. */
  readonly client: OpenAI;
  /** The same for one tenant. */
  clientOf(tenant: string): OpenAI;
  /** The same over another cache. */
  clientOver(cache: Cache): OpenAI;
  /** Begins an act: shows its title, and in one line what it is about. */
  begin(title: string, explanation: string): Act;
  /** How many expectations were not met. */
  failures(): number;
}

/** One act while it plays. */
export interface Act {
  /** Shows a call while it is under way, then its row. */
  during<T>(label: string, work: Promise<T>, toRow: (result: T, milliseconds: number) => Row): Promise<T>;
  row(row: Row): void;
  /** Something besides the table. */
  show(text: string): void;
  /** What the model was asked since the act began. */
  asked(): Asked;
  /** Says what should have happened, with a tick or a cross. */
  expect(what: string, met: boolean): void;
  /** Expects that the model was asked so often since the act began. */
  expectAsked(calls: number): void;
}

/** Sets the stage. */
export function openStage(parts: Pick<Stage, "screen" | "upstream" | "cache" | "directory" | "namespace">): Stage {
  const { screen, upstream, cache } = parts;
  let acts = 0;
  let failures = 0;
  const clientFor = (view: Cache) =>
    new OpenAI({
      baseURL: upstream.baseUrl,
      apiKey: upstream.apiKey,
      // A failure is shown as it comes.
      maxRetries: 0,
      fetch: cachedFetch(view, { fetch: upstream.fetch }),
    });
  return {
    ...parts,
    ledger: openLedger(),
    client: clientFor(cache),
    clientOver: clientFor,
    clientOf: (tenant) => clientFor(cache.scoped(tenant)),
    failures: () => failures,
    begin(title, explanation) {
      acts++;
      screen.line();
      screen.line(screen.paint(["bold", "cyan"], ` ${acts}  ${title}`));
      for (const line of wrap(explanation, screen.width - 4)) screen.line(`    ${screen.paint("dim", line)}`);
      screen.line();
      return beginAct(screen, upstream, () => failures++);
    },
  };
}

function beginAct(screen: Screen, upstream: Upstream, onFailure: () => void): Act {
  const before = upstream.asked();
  let headShown = false;
  const asked = () => {
    const now = upstream.asked();
    return { calls: now.calls - before.calls, embeddingInputs: now.embeddingInputs - before.embeddingInputs };
  };
  const showHead = () => {
    if (!headShown) screen.line(formatHead(screen));
    headShown = true;
  };
  const act: Act = {
    async during(label, work, toRow) {
      showHead();
      const startedAt = performance.now();
      const result = await screen.during(
        (elapsed) => formatBegun(screen, { label, status: "…", milliseconds: elapsed }),
        work,
      );
      act.row(toRow(result, performance.now() - startedAt));
      return result;
    },
    row(row) {
      showHead();
      screen.line(formatRow(screen, row));
    },
    show: (text) => screen.line(text === "" ? "" : `    ${text}`),
    asked,
    expect(what, met) {
      if (!met) onFailure();
      screen.line(`    ${met ? screen.paint("green", "✓") : screen.paint(["bold", "red"], "✗")} ${what}`);
    },
    expectAsked(calls) {
      const now = asked().calls;
      const times = ["not asked", "asked once", "asked twice"][calls] ?? `asked ${calls} times`;
      act.expect(`the model was ${times}${now === calls ? "" : `, but it saw ${count(now, "call")}`}`, now === calls);
    },
  };
  return act;
}

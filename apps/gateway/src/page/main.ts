import type { StorePing } from "../admin/ping-stores.ts";
import type { CallRecord } from "../telemetry/call.ts";
import { api, SignedOut, type Stats } from "./api.ts";
import { drawLatency, drawMinutes, makeLegend } from "./charts.ts";
import { askToClear, messageOf, prepareDialogs, showEntry } from "./dialogs.ts";
import { find, findAs, make, showRows } from "./dom.ts";
import { formatCount, formatDollars, formatMs, formatShare, formatTime } from "./format.ts";
import { callRows, fits, modelRows, semanticRows, storeRows } from "./tables.ts";

const refreshMs = 2_000;

let paused = false;
let stats: Stats | undefined;
let calls: readonly CallRecord[] = [];
let pings: readonly StorePing[] = [];

const filter = findAs(HTMLSelectElement, "filter");
const keyField = findAs(HTMLInputElement, "key");

async function refresh(): Promise<void> {
  try {
    [stats, calls] = await Promise.all([api.stats(), api.calls()]);
    show(stats);
  } catch (error) {
    if (error instanceof SignedOut) askForKey(api.isSignedIn ? error.message : "");
    else say(`No news from the gateway: ${messageOf(error)}`);
  }
}

function show(now: Stats): void {
  for (const id of ["main", "actions", "state"]) find(id).hidden = false;
  find("sign-in").hidden = true;
  const state = find("state");
  state.textContent = now.enabled ? "caching" : "disabled";
  state.classList.toggle("off", !now.enabled);
  find("switch").textContent = now.enabled ? "Disable the cache" : "Enable the cache";
  if (!paused) say(`as of ${formatTime(Date.now())}, counting since ${formatTime(now.startedAt, false)}`, false);
  showTiles(now);
  drawInto("rate", drawMinutes(now.minutes, Date.now(), Math.max(280, find("rate").clientWidth)));
  drawInto("latency", drawLatency(now.latency));
  showRows(find("models"), modelRows(now.models));
  showRows(find("stores"), storeRows(now.backends, pings));
  showCalls();
}

function showCalls(): void {
  const open = (key: string) => void showEntry(key, sayAndRefresh);
  showRows(
    find("calls"),
    callRows(
      calls.filter((call) => fits(call, filter.value)),
      open,
    ),
  );
  showRows(find("semantic"), semanticRows(calls, open));
}

function showTiles({ outcomes, models, latency }: Stats): void {
  const count = (...names: (keyof Stats["outcomes"])[]) => names.reduce((sum, name) => sum + (outcomes[name] ?? 0), 0);
  const hits = count("hit", "stale", "semantic");
  const shared = count("coalesced");
  const cached = hits + shared + count("miss", "partial");
  const past = count("bypass", "none");
  const sum = (name: "savedTokens" | "paidTokens" | "savedDollars" | "paidDollars") =>
    models.reduce((total, model) => total + model[name], 0);
  const faster =
    latency.hit.count > 0 && latency.miss.count > 0 ? latency.miss.p50 / Math.max(0.01, latency.hit.p50) : 0;
  const tiles = [
    [
      "Hit rate",
      formatShare(hits + shared, cached),
      `${formatCount(hits)} stored, ${formatCount(shared)} shared, of ${formatCount(cached)}`,
    ],
    ["Calls", formatCount(cached + past), past === 0 ? "all through the cache" : `${formatCount(past)} past the cache`],
    ["Shared calls", formatCount(shared), "answered by another's call"],
    ["Tokens saved", formatCount(sum("savedTokens")), `${formatCount(sum("paidTokens"))} paid`],
    ["Money saved", formatDollars(sum("savedDollars")), `${formatDollars(sum("paidDollars"))} paid`],
    [
      "A hit takes",
      latency.hit.count === 0 ? "–" : formatMs(latency.hit.p50),
      faster === 0 ? "median" : `a miss ${formatCount(Math.round(faster))} times that`,
    ],
  ] as const;
  const shown = tiles.map(([name, value, note]) =>
    make("div", {
      children: [make("dt", { text: name }), make("dd", { text: value }), make("dd", { class: "note", text: note })],
    }),
  );
  find("tiles").replaceChildren(...shown);
}

/** The table beneath a chart stays as open as it was, and is not drawn anew while somebody is in it. */
function drawInto(id: string, drawn: readonly Element[]): void {
  const figure = find(id);
  if (figure.contains(document.activeElement)) return;
  const isOpen = figure.querySelector("details")?.open === true;
  figure.replaceChildren(...drawn);
  const details = figure.querySelector("details");
  if (details !== null) details.open = isOpen;
}

function askForKey(problem: string): void {
  api.signOut();
  for (const id of ["main", "actions", "state"]) find(id).hidden = true;
  find("sign-in").hidden = false;
  find("key-error").textContent = problem;
  say("", false);
  keyField.value = "";
  keyField.focus();
}

/** @param aloud whether a screen reader is to say it too */
function say(text: string, aloud = true): void {
  const message = find("message");
  message.setAttribute("aria-live", aloud ? "polite" : "off");
  message.textContent = text;
}

function sayAndRefresh(text: string): void {
  void refresh().then(() => say(text));
}

function attempt(work: () => Promise<void>): void {
  work().catch((error: unknown) => (error instanceof SignedOut ? askForKey(error.message) : say(messageOf(error))));
}

find("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  api.signIn(keyField.value.trim());
  void refresh().then(() => {
    if (api.isSignedIn) find("main").focus();
  });
});
find("leave").addEventListener("click", () => askForKey(""));
find("pause").addEventListener("click", ({ currentTarget }) => {
  paused = !paused;
  (currentTarget as HTMLElement).setAttribute("aria-pressed", String(paused));
  if (paused) say("paused");
  else void refresh();
});
find("switch").addEventListener("click", () =>
  attempt(async () => {
    const on = stats?.enabled !== true;
    await api.switchTo(on);
    sayAndRefresh(on ? "The cache is used again." : "Calls go past the cache.");
  }),
);
find("clear").addEventListener("click", () => askToClear(stats?.namespace ?? "", sayAndRefresh));
find("ping").addEventListener("click", () =>
  attempt(async () => {
    pings = await api.ping();
    const down = pings.filter(({ ok }) => !ok).map(({ name }) => name);
    sayAndRefresh(down.length === 0 ? "Every store answered." : `Down: ${down.join(", ")}.`);
  }),
);
filter.addEventListener("change", showCalls);

prepareDialogs();
find("legend").replaceChildren(...makeLegend());
if (api.isSignedIn) void refresh();
else askForKey("");
setInterval(() => {
  if (!paused && api.isSignedIn && !document.hidden) void refresh();
}, refreshMs);

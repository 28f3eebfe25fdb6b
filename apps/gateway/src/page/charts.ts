import type { Latency, Minute } from "../telemetry/journal.ts";
import { draw, make } from "./dom.ts";
import { formatCount, formatMs, formatShare, formatTime } from "./format.ts";

/** What a bar is made of, from the bottom up. */
const parts = [
  ["hits", "from the cache"],
  ["coalesced", "shared a call"],
  ["misses", "from the model"],
  ["bypassed", "past the cache"],
] as const;

const minutesShown = 60;
const plot = { height: 190, left: 34, right: 46, bottom: 20, top: 8 };

/** The names of the colours. */
export function makeLegend(): HTMLElement[] {
  return [
    ...parts.map(([name, title]) => make("span", { class: name, text: title })),
    make("span", { class: "rate", text: "hit rate" }),
  ];
}

/**
 * Calls by minute, the last hour, as bars, and the hit rate as a line; beneath it the same as a table, which everybody can read.
 *
 * @param width that it will have, in pixels: letters are to be as large as all others
 */
export function drawMinutes(minutes: readonly Minute[], now: number, width: number): Element[] {
  const last = Math.floor(now / 60_000) * 60_000;
  const byTime = new Map(minutes.map((minute) => [minute.at, minute]));
  const times = Array.from({ length: minutesShown }, (_, index) => last - (minutesShown - 1 - index) * 60_000);
  const shown = times.flatMap((at) => byTime.get(at) ?? []);
  const most = evenCeiling(Math.max(2, ...shown.map(total)));
  const plotHeight = plot.height - plot.top - plot.bottom;
  const step = (width - plot.left - plot.right) / minutesShown;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${plot.height}`, role: "img", "aria-label": describe(shown) });
  for (const share of [0, 0.5, 1]) {
    const y = plot.top + plotHeight * (1 - share);
    svg.append(
      draw("line", { class: "grid", x1: plot.left, x2: width - plot.right, y1: y, y2: y }),
      draw("text", { x: plot.left - 6, y: y + 4, "text-anchor": "end" }, { text: formatCount(most * share) }),
      draw("text", { x: width - plot.right + 6, y: y + 4 }, { text: `${share * 100} %` }),
    );
  }
  const points: { readonly index: number; readonly x: number; readonly y: number }[] = [];
  const labelEvery = width < 500 ? 30 : 15;
  for (const [index, at] of times.entries()) {
    const x = plot.left + index * step;
    const minute = byTime.get(at);
    if (minute !== undefined) svg.append(drawBar(minute, x, step, plotHeight / most));
    if (minute !== undefined && total(minute) > 0)
      points.push({
        index,
        x: x + step / 2,
        y: plot.top + plotHeight * (1 - (minute.hits + minute.coalesced) / total(minute)),
      });
    if (index % labelEvery !== labelEvery - 1) continue;
    svg.append(
      draw("text", { x: x + step / 2, y: plot.height - 5, "text-anchor": "middle" }, { text: formatTime(at, false) }),
    );
  }
  svg.append(drawLine(points));
  return [svg, asTable(shown)];
}

/** A point for each minute that had calls, joined where there is none without between them. */
function drawLine(points: readonly { readonly index: number; readonly x: number; readonly y: number }[]): SVGGElement {
  const line = draw("g", { class: "rate" });
  const path = points
    .map(({ index, x, y }, at) => `${points[at - 1]?.index === index - 1 ? "L" : "M"}${x} ${y}`)
    .join("");
  line.append(draw("path", { d: path, fill: "none", "stroke-width": 2 }));
  for (const { x, y } of points) line.append(draw("circle", { cx: x, cy: y, r: 3 }));
  return line;
}

function drawBar(minute: Minute, x: number, step: number, scale: number): SVGGElement {
  let y = plot.height - plot.bottom;
  const bar = draw("g", {});
  for (const [name] of parts) {
    const height = minute[name] * scale;
    y -= height;
    if (height > 0) bar.append(draw("rect", { class: name, x: x + 1, y, width: Math.max(1, step - 2), height }));
  }
  const about = parts.map(([name, title]) => `${minute[name]} ${title}`).join(", ");
  bar.append(draw("title", {}, { text: `${formatTime(minute.at, false)}: ${about}` }));
  return bar;
}

function asTable(minutes: readonly Minute[]): HTMLElement {
  const head = ["Minute", ...parts.map(([, title]) => title), "hit rate"];
  const cells = (minute: Minute) => [
    formatTime(minute.at, false),
    ...parts.map(([name]) => String(minute[name])),
    formatShare(minute.hits + minute.coalesced, total(minute)),
  ];
  const rows = minutes
    .toReversed()
    .map((minute) => make("tr", { children: cells(minute).map((text) => make("td", { text })) }));
  const table = make("table", {
    children: [
      make("thead", {
        children: [make("tr", { children: head.map((text) => make("th", { text, attributes: { scope: "col" } })) })],
      }),
      make("tbody", { children: rows }),
    ],
  });
  const region = {
    class: "scroll",
    attributes: { role: "region", tabindex: "0", "aria-label": "Calls by minute" },
    children: [table],
  };
  return make("details", { children: [make("summary", { text: "As a table" }), make("div", region)] });
}

/** How long hits and misses take: the middle, and what nineteen of twenty stay below. On a logarithmic scale, or hits could not be seen. */
export function drawLatency(latency: Readonly<Record<"hit" | "miss", Latency>>): Element[] {
  const rows = (["hit", "miss"] as const).filter((kind) => latency[kind].count > 0);
  if (rows.length === 0) return [make("p", { class: "empty", text: "Nothing was answered yet." })];
  const longest = Math.max(...rows.map((kind) => latency[kind].p95));
  const scale = (ms: number) => (Math.log10(1 + ms * 10) / Math.log10(1 + longest * 10)) * 190;
  const label = rows.map(
    (kind) => `${kind}: median ${formatMs(latency[kind].p50)}, 95 % within ${formatMs(latency[kind].p95)}`,
  );
  const svg = draw("svg", { viewBox: `0 0 320 ${rows.length * 74}`, role: "img", "aria-label": label.join("; ") });
  for (const [index, kind] of rows.entries()) {
    const y = index * 74;
    const colour = kind === "hit" ? "hits" : "misses";
    svg.append(
      draw("text", { class: "value", x: 0, y: y + 14 }, { text: kind === "hit" ? "From the cache" : "From the model" }),
    );
    for (const [line, name, ms] of [
      [0, "median", latency[kind].p50],
      [1, "95 %", latency[kind].p95],
    ] as const) {
      const top = y + 22 + line * 20;
      svg.append(draw("text", { x: 0, y: top + 11 }, { text: name }));
      svg.append(draw("rect", { class: colour, x: 48, y: top, width: Math.max(2, scale(ms)), height: 14, rx: 2 }));
      svg.append(draw("text", { class: "value", x: 54 + scale(ms), y: top + 11 }, { text: formatMs(ms) }));
    }
  }
  return [svg];
}

function total({ hits, coalesced, misses, bypassed }: Minute): number {
  return hits + coalesced + misses + bypassed;
}

function describe(minutes: readonly Minute[]): string {
  const sum = (name: (typeof parts)[number][0]) => minutes.reduce((all, minute) => all + minute[name], 0);
  return `The last hour: ${parts.map(([name, title]) => `${sum(name)} ${title}`).join(", ")}`;
}

/** A round number at the top of the scale, of which there is a half. */
function evenCeiling(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const factor = [2, 4, 6, 8, 10, 20].find((each) => each * magnitude >= value) ?? 20;
  return factor * magnitude;
}

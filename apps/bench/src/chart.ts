import { formatAmount, formatNumber } from "./format.ts";
import type { Results, RowResult } from "./results.ts";
import type { Spread } from "./statistics.ts";

/** Lengths in the picture, in its own units. */
const layout = {
  width: 1150,
  labelWidth: 610,
  barWidth: 370,
  rowHeight: 34,
  top: 64,
  bottom: 40,
  barHeight: 14,
} as const;

/** The ratio at the right end of the bars; a longer one is cut off there, and its number says how long it is. */
const longest = 1.6;

/** The colours of a light page, and of a dark one where the reader has that. */
const style = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #59636e; font-size: 11.5px }
  .track { fill: #eaeef2 }
  .bar { fill: #1a7f37 }
  .missed { fill: #bc4c00 }
  .one { stroke: #59636e; stroke-width: 1.5 }
  .goal { stroke: #1f2328; stroke-width: 2.5 }
  .spread { stroke: #1f2328; stroke-width: 1; opacity: 0.55 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .track { fill: #2a313c }
    .bar { fill: #3fb950 }
    .missed { fill: #f0883e }
    .one { stroke: #9198a1 }
    .goal { stroke: #e6edf3 }
    .spread { stroke: #e6edf3 }
  }`;

/**
 * A bar for each row: what we take of what the peer takes. Shorter is better. Rows in which the peer takes nothing have no bar, nor have those
 * that compare us with ourselves.
 */
export function drawChart({ rows, date, node, cpus, quick }: Results): string {
  const bars = rows.flatMap((row) => {
    const ours = row.figures.find(({ role }) => role === "ours");
    if (ours === undefined || ours.competitor === row.baseline || !Number.isFinite(ours.ratio.median)) return [];
    return [{ row, ratio: ours.ratio }];
  });
  const height = layout.top + bars.length * layout.rowHeight + layout.bottom;
  const bottom = layout.top + bars.length * layout.rowHeight;
  const one = x(1);
  const origin = `${date}, Node ${node}, ${cpus} CPUs${quick ? ", a quick run" : ""}: medians, with the 10th to 90th percentile of the rounds`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${layout.width} ${height}" role="img" aria-label="What llmcache takes, as a share of what others take">
<style>${style}
</style>
<text class="title" x="8" y="22">What llmcache takes, as a share of what others take (shorter is better)</text>
<text class="quiet" x="8" y="42">Thin line: the other one. Thick mark: the goal. Orange: not there yet.</text>
<text class="quiet" x="${one}" y="${layout.top - 8}" text-anchor="middle">1.0</text>
${bars.map(({ row, ratio }, index) => drawBar(row, ratio, layout.top + index * layout.rowHeight)).join("\n")}
<line class="one" x1="${one}" x2="${one}" y1="${layout.top - 4}" y2="${bottom}"/>
<text class="quiet" x="8" y="${height - 12}">${escapeText(origin)}</text>
</svg>
`;
}

function drawBar(row: RowResult, ratio: Spread, top: number): string {
  const { barHeight, labelWidth, barWidth } = layout;
  const middle = top + layout.rowHeight / 2;
  const barTop = middle - barHeight / 2;
  const missed = row.goals.some(({ reached }) => !reached);
  const goal = goalRatio(row);
  const goalLine =
    goal === undefined
      ? ""
      : `<line class="goal" x1="${x(goal)}" x2="${x(goal)}" y1="${barTop - 4}" y2="${barTop + barHeight + 4}"/>`;
  const ours = row.figures.find(({ role }) => role === "ours");
  const label = `${formatNumber(ratio.median)}  ${ours === undefined ? "" : formatAmount(ours.absolute.median, row.unit)}`;
  return `<text x="8" y="${middle - 2}">${escapeText(row.title)}</text>
<text class="quiet" x="8" y="${middle + 12}">against ${escapeText(row.baseline)}</text>
<rect class="track" x="${labelWidth}" y="${barTop}" width="${barWidth}" height="${barHeight}" rx="3"/>
<rect class="${missed ? "missed" : "bar"}" x="${labelWidth}" y="${barTop}" width="${Math.max(1.5, x(ratio.median) - labelWidth).toFixed(1)}" height="${barHeight}" rx="3"/>
<line class="spread" x1="${x(ratio.low)}" x2="${x(ratio.high)}" y1="${middle}" y2="${middle}"/>${goalLine}
<text x="${labelWidth + barWidth + 12}" y="${middle + 4}">${escapeText(label)}</text>`;
}

/** The goal of a row as a share of what the baseline takes. */
function goalRatio({ goals, baseline, figures }: RowResult): number | undefined {
  const goal = goals.find(({ against }) => against === undefined || against === baseline);
  if (goal === undefined || goal.against === baseline) return goal?.atMost;
  const taken = figures.find(({ competitor }) => competitor === baseline)?.absolute.median;
  return taken === undefined ? undefined : goal.atMost / taken;
}

/** Where a ratio is in the picture. */
function x(ratio: number): number {
  const share = Math.min(Math.max(ratio, 0), longest) / longest;
  return Math.round((layout.labelWidth + share * layout.barWidth) * 10) / 10;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A line of a chart: points from left to right. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly note: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
  readonly lines: readonly Line[];
}

const size = { width: 800, height: 480, left: 64, right: 226, top: 88, bottom: 56 } as const;

/** The colours of a light page, and of a dark one where the reader has that. */
const style = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #59636e; font-size: 11.5px }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .line { fill: none; stroke-width: 2.2 }
  .c0 { stroke: #bc4c00 } .c1 { stroke: #8250df } .c2 { stroke: #0969da } .c3 { stroke: #1a7f37 } .c4 { stroke: #59636e }
  .f0 { fill: #bc4c00 } .f1 { fill: #8250df } .f2 { fill: #0969da } .f3 { fill: #1a7f37 } .f4 { fill: #59636e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .c0 { stroke: #f0883e } .c1 { stroke: #ab7df8 } .c2 { stroke: #4493f8 } .c3 { stroke: #3fb950 } .c4 { stroke: #9198a1 }
    .f0 { fill: #f0883e } .f1 { fill: #ab7df8 } .f2 { fill: #4493f8 } .f3 { fill: #3fb950 } .f4 { fill: #9198a1 }
  }`;

/** Lines over a grid, each named at its right end. */
export function drawChart(chart: Chart): string {
  const points = chart.lines.flatMap((line) => line.points);
  const xTicks = ticks(Math.min(...points.map(([x]) => x)), Math.max(...points.map(([x]) => x)));
  const yTicks = ticks(0, Math.max(...points.map(([, y]) => y)));
  const scale = (range: readonly number[], from: number, to: number) => (value: number) => {
    const [low, high] = [range[0] ?? 0, range.at(-1) ?? 1];
    return from + ((value - low) / (high - low)) * (to - from);
  };
  const x = scale(xTicks, size.left, size.width - size.right);
  const y = scale(yTicks, size.height - size.bottom, size.top);
  const [right, bottom] = [size.width - size.right, size.height - size.bottom];
  const grid = [
    ...yTicks.map(
      (tick) => `<line class="grid" x1="${size.left}" x2="${right}" y1="${y(tick)}" y2="${y(tick)}"/>
<text class="quiet" x="${size.left - 8}" y="${y(tick) + 4}" text-anchor="end">${chart.formatY(tick)}</text>`,
    ),
    ...xTicks.map(
      (tick) =>
        `<text class="quiet" x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${chart.formatX(tick)}</text>`,
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeText(chart.title)}">
<style>${style}
</style>
<text class="title" x="8" y="22">${escapeText(chart.title)}</text>
<text class="quiet" x="8" y="42">${escapeText(chart.note)}</text>
${grid.join("\n")}
<text class="quiet" x="${(size.left + right) / 2}" y="${size.height - 14}" text-anchor="middle">${escapeText(chart.xLabel)}</text>
<text class="quiet" x="${size.left}" y="${size.top - 10}" text-anchor="start">${escapeText(chart.yLabel)}</text>
${chart.lines.map((line, index) => drawLine(line, index)).join("\n")}
</svg>
`;

  function drawLine({ points: own }: Line, index: number): string {
    const path = own
      .map(([left, top], at) => `${at === 0 ? "M" : "L"}${x(left).toFixed(1)} ${y(top).toFixed(1)}`)
      .join(" ");
    const dots =
      own.length > 20
        ? []
        : own.map(
            ([left, top]) => `<circle class="f${index}" cx="${x(left).toFixed(1)}" cy="${y(top).toFixed(1)}" r="3"/>`,
          );
    return [`<path class="line c${index}" d="${path}"/>`, ...dots, drawName(index)].join("\n");
  }

  /** In a column of their own, so that names of lines that end together do not lie on each other. */
  function drawName(index: number): string {
    const top = size.top + 12 + index * 24;
    const left = right + 16;
    return `<line class="line c${index}" x1="${left}" x2="${left + 20}" y1="${top - 4}" y2="${top - 4}"/>
<text x="${left + 28}" y="${top}">${escapeText(chart.lines[index]?.name ?? "")}</text>`;
  }
}

/** Round numbers from at or below `low` to at or above `high`, some five of them. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  const first = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, index) => (first + index) * step);
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

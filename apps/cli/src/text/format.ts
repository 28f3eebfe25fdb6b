const units = ["kB", "MB", "GB", "TB"];

/** A number of bytes as people read it: `950 B`, `1.4 kB`, `12 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const spans = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
] as const;

/** How long something takes or has taken, in its largest unit: `3 s`, `5 min`, `2 h`, `40 d`. */
export function formatSpan(ms: number): string {
  const [length, unit] = spans.find(([least]) => ms >= least) ?? [1000, "s"];
  return `${Math.floor(Math.max(0, ms) / length)} ${unit}`;
}

/** A point of time, and how far away it is. */
export function formatTime(time: number, now: number): string {
  if (time === Infinity) return "for ever";
  const distance = time < now ? `${formatSpan(now - time)} ago` : `in ${formatSpan(time - now)}`;
  return `${isoTime(time)} (${distance})`;
}

/** A point of time for machines: `undefined` for never, which JSON has no number for. */
export function isoTime(time: number): string | undefined {
  // What a damaged frame says may be no date at all.
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : undefined;
}

/** `1 entry`, `2,000 entries`. */
export function formatCount(number: number, one: string, many: string = `${one}s`): string {
  return `${formatNumber(number)} ${number === 1 ? one : many}`;
}

/** `12,345`. */
export function formatNumber(number: number): string {
  return number.toLocaleString("en-US");
}

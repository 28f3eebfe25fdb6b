const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of `part` in `whole`, `cells` characters wide and filled up with spaces. What is more than the whole ends in an arrow. */
export function bar(part: number, whole: number, cells: number): string {
  if (part > whole) return `${"█".repeat(cells - 1)}▶`;
  // Something that is not nothing should be seen.
  const filled = Math.max(part > 0 ? 1 : 0, Math.round((part / whole) * cells * 8));
  return ("█".repeat(Math.floor(filled / 8)) + (eighths[filled % 8] ?? "")).padEnd(cells);
}

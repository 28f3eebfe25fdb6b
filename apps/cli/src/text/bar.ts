/** A bar that is `share` (0 to 1) of `cells` characters long, and filled up to them. */
export function bar(share: number, cells: number): string {
  // What is not nothing should be seen.
  const filled = Math.min(cells, Math.max(share > 0 ? 1 : 0, Math.round(share * cells)));
  return "█".repeat(filled) + "░".repeat(cells - filled);
}

/**
 * Divides what a batch used among its inputs by their lengths. Vendors tell only the sum, so each share is an estimate, and the shares of
 * one batch add up to exactly what it used.
 */
export function shareTokens(total: number, lengths: readonly number[]): number[] {
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let before = 0;
  return lengths.map((length) => {
    // Rounded before the difference is taken, so that nothing is lost.
    const from = Math.round((total * before) / whole);
    before += length;
    return Math.round((total * before) / whole) - from;
  });
}

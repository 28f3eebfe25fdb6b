const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A count: all digits, as long as they can be taken in. */
export function formatCount(count: number): string {
  return count < 100_000 ? whole.format(count) : compact.format(count);
}

/** A part of a whole. */
export function formatShare(part: number, all: number): string {
  if (all === 0) return "–";
  const percent = (part / all) * 100;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** US dollars, with as many places as a single call needs. */
export function formatDollars(dollars: number): string {
  if (dollars === 0) return "$0";
  if (dollars < 0.0001) return "<$0.0001";
  return `$${dollars >= 100 ? whole.format(Math.round(dollars)) : dollars.toFixed(dollars >= 1 ? 2 : 4)}`;
}

/** A time that something took. */
export function formatMs(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

/** A time of the day. */
export function formatTime(at: number, withSeconds = true): string {
  const seconds = withSeconds ? ({ second: "2-digit" } as const) : {};
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...seconds });
}

/** A moment, and how far it is from now. */
export function formatMoment(at: number | undefined, now: number): string {
  if (at === undefined) return "never";
  const seconds = Math.round(Math.abs(at - now) / 1_000);
  const amount =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7_200
        ? `${Math.round(seconds / 60)} min`
        : seconds < 172_800
          ? `${Math.round(seconds / 3_600)} h`
          : `${Math.round(seconds / 86_400)} days`;
  return `${new Date(at).toLocaleString("en-GB")} (${at > now ? `in ${amount}` : `${amount} ago`})`;
}

/** Bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} bytes`;
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

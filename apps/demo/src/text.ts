/** Breaks a text into lines of at most `width` characters, between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === "" ? word : `${line} ${word}`;
      }
    }
    lines.push(line);
  }
  return lines;
}

/**
 * Breaks a text that comes bit by bit, as it comes: gives for each bit what to write. A word that comes in several bits may
 * stand out a little over the width.
 */
export function streamingWrap(width: number, indent: string): (bit: string) => string {
  let column = 0;
  return (bit) => {
    const startsLine = column === 0;
    if (startsLine || bit.includes("\n") || (/^\s/.test(bit) && column + bit.length > width)) {
      const rest = bit.trimStart();
      column = rest.length;
      return `${startsLine ? "" : "\n"}${indent}${rest}`;
    }
    column += bit.length;
    return bit;
  };
}

/** A text in exactly `width` characters: cut with an ellipsis, or filled up. */
export function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

/** `1 call`, `2 calls`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Milliseconds as people read them. */
export function formatMs(milliseconds: number): string {
  if (milliseconds >= 2000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return milliseconds < 9.95 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}

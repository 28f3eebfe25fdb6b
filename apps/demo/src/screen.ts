import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Where the demo is shown: a terminal, or plain lines where the output is none. */
export interface Screen {
  /** How many characters fit in a line, at most 110. */
  readonly width: number;
  line(text?: string): void;
  /** Writes without ending the line. */
  write(text: string): void;
  /** Colours a text where colours are wanted (a terminal, and no NO_COLOR). */
  paint(format: Format, text: string): string;
  /** Shows a line that changes while work is under way, then leaves an empty one. Where the output is no terminal: nothing. */
  during<T>(draw: (elapsedMs: number) => string, work: Promise<T>): Promise<T>;
}

/** Often enough to look smooth, seldom enough to cost nothing. */
const redrawMs = 50;

const [hideCursor, showCursor, eraseLine] = ["\u001b[?25l", "\u001b[?25h", "\u001b[K"];

/** Shows things on standard output. */
export function openScreen(stream: NodeJS.WriteStream = process.stdout): Screen {
  const write = (text: string) => void stream.write(text);
  // Whatever ends the process, a terminal gets its cursor back.
  if (stream.isTTY) process.once("exit", () => write(showCursor));
  return {
    // A pipe has no width: wide enough for every table.
    width: Math.min(stream.columns ?? 100, 110),
    line: (text = "") => write(`${text}\n`),
    write,
    paint: (format, text) => styleText(format, text, { stream }),
    async during(draw, work) {
      if (!stream.isTTY) return work;
      const startedAt = performance.now();
      const redraw = () => write(`\r${draw(performance.now() - startedAt)}${eraseLine}`);
      write(hideCursor);
      redraw();
      const timer = setInterval(redraw, redrawMs);
      try {
        return await work;
      } finally {
        clearInterval(timer);
        write(`\r${eraseLine}${showCursor}`);
      }
    },
  };
}

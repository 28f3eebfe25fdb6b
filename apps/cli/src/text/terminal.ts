import { once } from "node:events";
import { styleText } from "node:util";
import { printable } from "./printable.ts";

type Format = Parameters<typeof styleText>[0];

/** Where a command shows what it has found. */
export interface Terminal {
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** How many characters fit in a line. A pipe has no width: wide enough for most tables. */
  readonly width: number;
  /** Writes a line to standard output, and waits for whoever reads it. What a terminal might take for a command to it is spelled out. */
  line(text?: string): Promise<void>;
  /** Writes a value as JSON, on a line of its own. */
  json(value: unknown): Promise<void>;
  /** Writes a line to standard error: what is not part of the result. */
  note(text: string): void;
  /** Colours a text where colours are wanted: on a terminal, and without NO_COLOR. */
  paint(format: Format, text: string): string;
  /** Standard error, for what changes while one looks. */
  readonly errors: NodeJS.WriteStream;
}

/** A terminal, or the files and pipes that stand in for one. `signal` ends the waiting for a reader that is slow, or gone. */
export function openTerminal(output: NodeJS.WriteStream, errors: NodeJS.WriteStream, signal: AbortSignal): Terminal {
  const write = async (text: string): Promise<void> => {
    // Nobody reads on, and the signal says so at once.
    if (!output.writable) signal.throwIfAborted();
    else if (!output.write(text) && !signal.aborted) await drained();
  };
  let draining: Promise<unknown> | undefined;
  /** One wait for all who have something to say. */
  const drained = async () => {
    draining ??= once(output, "drain", { signal }).finally(() => (draining = undefined));
    await draining.catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
  };
  return {
    isTerminal: output.isTTY,
    width: output.columns ?? 120,
    line: (text = "") => write(`${printable(text)}\n`),
    json: (value) => write(`${printable(JSON.stringify(value))}\n`),
    note: (text) => void errors.write(`${printable(text)}\n`),
    paint: (format, text) => styleText(format, text, { stream: output }),
    errors,
  };
}

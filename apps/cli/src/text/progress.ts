import { bar } from "./bar.ts";
import { formatBytes, formatNumber, formatSpan } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/** Often enough to look smooth on a terminal; seldom enough for the log that a pipe leads to. */
const redrawMs = { terminal: 100, log: 10_000 } as const;

const eraseLine = "\u001b[K";

/** How far a command has come, shown on standard error while it works: as a bar on a terminal, elsewhere as a line now and then. */
export class Progress implements Disposable {
  readonly #terminal: Terminal;
  readonly #verb: string;
  readonly #startedAt = performance.now();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #entries = 0;
  #bytes = 0;
  /** How many entries there are. 0: not known. */
  total = 0;

  /**
   * @param verb what is done to the entries, `"copied"` say
   * @param isShown whether there is room for it: not where the result itself runs over the screen
   */
  constructor(terminal: Terminal, verb: string, isShown = true) {
    this.#terminal = terminal;
    this.#verb = verb;
    const { isTTY } = terminal.errors;
    if (!isShown) return;
    const show = () => (isTTY ? this.#draw() : terminal.note(this.#text()));
    this.#timer = setInterval(show, isTTY ? redrawMs.terminal : redrawMs.log).unref();
  }

  /** One more entry is done with. */
  step(bytes: number): void {
    this.#entries++;
    this.#bytes += bytes;
  }

  /** Makes room for what is to be read after it. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    if (this.#terminal.errors.isTTY) this.#terminal.errors.write(`\r${eraseLine}`);
  }

  #draw(): void {
    const share = this.total === 0 ? 0 : this.#entries / this.total;
    const shown = this.total === 0 ? "" : `${bar(share, 24)} ${String(Math.floor(share * 100)).padStart(3)}%  `;
    const { errors } = this.#terminal;
    // A line that is too long would stay on the screen each time.
    errors.write(`\r${`${shown}${this.#text()}`.slice(0, (errors.columns ?? 80) - 1)}${eraseLine}`);
  }

  #text(): string {
    const elapsed = performance.now() - this.#startedAt;
    const of = this.total === 0 ? "" : ` of ${formatNumber(this.total)}`;
    const left = this.total === 0 || this.#entries === 0 ? 0 : (elapsed / this.#entries) * (this.total - this.#entries);
    const rest = left < 1000 ? "" : `, ${formatSpan(left)} left`;
    return `${formatNumber(this.#entries)}${of} entries ${this.#verb}, ${formatBytes(this.#bytes)}${rest}`;
  }
}

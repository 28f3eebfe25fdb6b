/** The most that is kept of a body which is no stream of events: such bodies are read whole before they are passed on, or are no answers. */
const mostBytes = 1024 * 1024;

/** The longest line that an event may have. */
const longestLine = 256 * 1024;

const usage = Buffer.from('"usage');

/** What of a body may tell what was used: little, because thousands of bodies may be on their way. */
export class UsageText {
  readonly #isEvents: boolean;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** Of events: the beginning of a line whose end has not come yet. */
  #line: Uint8Array = new Uint8Array();

  constructor(contentType: string) {
    this.#isEvents = contentType.startsWith("text/event-stream");
  }

  add(piece: Uint8Array): void {
    if (this.#isEvents) return this.#addEvents(piece);
    if (this.#bytes <= mostBytes) this.#keep(piece);
  }

  /** The body, or of events the lines that speak of usage. Empty for a body that is too long to be an answer. */
  text(): string {
    return this.#bytes > mostBytes ? "" : Buffer.concat([...this.#pieces, this.#line]).toString("utf8");
  }

  #addEvents(piece: Uint8Array): void {
    const end = piece.lastIndexOf(0x0a) + 1;
    if (end === 0) {
      this.#line = this.#line.length > longestLine ? new Uint8Array() : Buffer.concat([this.#line, piece]);
      return;
    }
    const lines =
      this.#line.length === 0 ? piece.subarray(0, end) : Buffer.concat([this.#line, piece.subarray(0, end)]);
    // A copy, or a few bytes would hold the whole piece.
    this.#line = new Uint8Array(piece.subarray(end));
    if (Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).includes(usage)) this.#keep(lines);
  }

  #keep(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > mostBytes) this.#pieces = [];
    else this.#pieces.push(piece);
  }
}

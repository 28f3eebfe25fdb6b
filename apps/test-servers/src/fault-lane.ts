import type { Socket } from "node:net";

/** What happens to the bytes of one direction of a connection. */
export interface LaneRule {
  /** How many are forwarded from here on. */
  readonly limit: number;
  /** What happens then: the rest waits for another rule, or the connection is reset, or it ends as if that were all. */
  readonly atLimit: "hold" | "reset" | "end";
  /** How much later each piece arrives, in milliseconds. */
  readonly latency: number;
}

/** Nothing but forwarding. */
export const forwardAll: LaneRule = { limit: Infinity, atLimit: "hold", latency: 0 };

/** One direction of a connection: from one socket to another by a rule that may change on the way. */
export class FaultLane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #waiting: { readonly bytes: Buffer; readonly arrivedAt: number }[] = [];
  #rule: LaneRule;
  #left: number;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, rule: LaneRule) {
    this.#from = from;
    this.#to = to;
    this.#rule = rule;
    this.#left = rule.limit;
    from.on("data", (bytes) => {
      this.#waiting.push({ bytes, arrivedAt: performance.now() });
      this.#forward();
    });
    from.once("end", () => {
      this.#ended = true;
      this.#forward();
    });
    from.on("error", () => to.resetAndDestroy());
    from.once("close", () => {
      clearTimeout(this.#timer);
      // Without an end it was reset, and so is the other side.
      if (!this.#ended) to.resetAndDestroy();
    });
  }

  /** From here on, and for what an earlier rule has held back. */
  setRule(rule: LaneRule): void {
    this.#rule = rule;
    this.#left = rule.limit;
    if (this.#waiting.length > 0 || this.#ended) this.#forward();
  }

  #forward(): void {
    clearTimeout(this.#timer);
    while (this.#left > 0) {
      const next = this.#waiting[0];
      if (next === undefined) {
        if (this.#ended) this.#to.end();
        return;
      }
      const early = next.arrivedAt + this.#rule.latency - performance.now();
      if (early > 0) {
        this.#timer = setTimeout(() => this.#forward(), early);
        return;
      }
      const { bytes, arrivedAt } = next;
      const rest = bytes.subarray(this.#left);
      this.#write(bytes.subarray(0, this.#left));
      this.#left -= bytes.length - rest.length;
      if (rest.length === 0) this.#waiting.shift();
      else this.#waiting[0] = { bytes: rest, arrivedAt };
    }
    if (this.#rule.atLimit !== "hold") this.#cutOff(this.#rule.atLimit);
  }

  #write(bytes: Buffer): void {
    if (this.#to.write(bytes)) return;
    this.#from.pause();
    this.#to.once("drain", () => this.#from.resume());
  }

  #cutOff(how: "reset" | "end"): void {
    this.#ended = true;
    this.#waiting.length = 0;
    this.#from.resetAndDestroy();
    if (how === "end") this.#to.end();
    // What was let through is written first.
    else this.#to.write("", () => this.#to.resetAndDestroy());
  }
}

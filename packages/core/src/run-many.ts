import { accounted } from "./accounting.ts";
import { decodeContent } from "./content.ts";
import { untilAborted } from "./deadline.ts";
import type { Engine, Plan } from "./engine.ts";
import type { Standing } from "./standing.ts";
import { joinable } from "./joinable.ts";
import { LlmCacheError } from "./errors.ts";
import type { Flight } from "./flight.ts";
import { type LookUp, nothingRead } from "./look-up.ts";
import { ModelCall } from "./model-call.ts";
import { type Answer, openValue, valuePlan } from "./plans.ts";
import { wantsRefresh } from "./refreshes.ts";
import type { Factory, Request } from "./request.ts";
import type { Visit } from "./slot.ts";

/** Makes the answers to the inputs that are missing, in their order. */
export type BatchFactory<Input, Value> = (
  missing: Input[],
  context: { readonly signal: AbortSignal },
) => readonly Value[] | PromiseLike<readonly Value[]>;

/** What one input was answered with. */
export interface BatchAnswer<Value> extends Standing {
  readonly value: Value;
}

/** What is known of one distinct key of a batch. */
interface Item extends Visit {
  found: LookUp;
}

/**
 * Answers a batch: one look-up for all, then one call of the model for the distinct inputs that are neither stored nor being made.
 * `requests` and `inputs` belong together by position.
 */
export async function runMany<Input, Value>(
  engine: Engine,
  requests: readonly Request[],
  inputs: readonly Input[],
  factory: BatchFactory<Input, Value>,
): Promise<BatchAnswer<Value>[]> {
  const [first] = requests;
  if (first === undefined) return [];
  const { store, controls } = first;
  const items = new Map<string, Item>();
  const distinct = [...new Map(requests.map((request) => [request.key, request])).values()];
  for (const { key } of distinct) {
    const slot = store.enter(key);
    items.set(key, { slot, since: slot.tick(), found: nothingRead });
  }
  try {
    if (first.reads) {
      const found = await untilAborted(engine.lookUpMany(distinct), controls.signal);
      for (const [index, { key }] of distinct.entries()) Object.assign(itemOf(items, key), { found: found[index] });
    }
    const generations = await engine.generations(first, itemOf(items, first.key).found);
    for (const item of items.values()) item.found = { ...item.found, generations };
    return await new BatchRun(engine, requests, inputs, factory, items).answers();
  } finally {
    for (const { slot } of items.values()) store.leave(slot);
  }
}

function itemOf(items: ReadonlyMap<string, Item>, key: string): Item {
  const item = items.get(key);
  if (item === undefined) throw new Error("a batch holds an item for each of its keys");
  return item;
}

class BatchRun<Input, Value> {
  readonly #engine: Engine;
  readonly #requests: readonly Request[];
  readonly #inputs: readonly Input[];
  readonly #factory: BatchFactory<Input, Value>;
  readonly #items: ReadonlyMap<string, Item>;

  constructor(
    engine: Engine,
    requests: readonly Request[],
    inputs: readonly Input[],
    factory: BatchFactory<Input, Value>,
    items: ReadonlyMap<string, Item>,
  ) {
    this.#engine = engine;
    this.#requests = requests;
    this.#inputs = inputs;
    this.#factory = factory;
    this.#items = items;
  }

  /** From here to the waiting nothing is awaited, so that no other batch can begin a flight that this one did not see. */
  async answers(): Promise<BatchAnswer<Value>[]> {
    const call = new BatchCall(this.#factory);
    const refresh = new BatchCall(this.#factory);
    const flights = new Map<string, Flight<Answer<Value>>>();
    const answers = this.#requests.map((request, position): (() => Promise<BatchAnswer<Value>>) => {
      const item = itemOf(this.#items, request.key);
      const hit = this.#engine.serve<Value>(request, openerOf<Value>(request), item.found);
      if (!("miss" in hit)) {
        if (wantsRefresh(request, item.found)) {
          this.#engine.refreshes.begin(
            request,
            "value",
            () => this.#plan(refresh, request, position),
            item,
            item.found,
          );
        }
        return async () => ({ ...hit, value: hit.served });
      }
      const joined =
        flights.get(request.key) ?? (joinable(request, "value", item) as Flight<Answer<Value>> | undefined);
      const standing = this.#engine.standing(request, hit.miss, joined, item.since);
      const flight = joined ?? this.#engine.begin(request, this.#plan(call, request, position), item.slot, item.found);
      this.#engine.tell(request, standing, flight);
      flights.set(request.key, flight);
      const waiting = flight.wait(request.controls.signal);
      return () => this.#answer(request, position, flight, waiting, standing);
    });
    return Promise.all(answers.map((answer) => answer()));
  }

  #plan(call: BatchCall<Input, Value>, request: Request, position: number): Plan<Answer<Value>, Value> {
    const index = call.add(this.#inputs[position] as Input);
    const factory: Factory<Value> = ({ signal }) => call.value(index, signal);
    return { ...valuePlan(request, factory, this.#engine.telemetry.emit), leased: false, byMeaning: "never" };
  }

  async #answer(
    request: Request,
    position: number,
    flight: Flight<Answer<Value>>,
    waiting: ReturnType<Flight<Answer<Value>>["wait"]>,
    standing: Standing,
  ): Promise<BatchAnswer<Value>> {
    const opener = openerOf<Value>(request);
    try {
      const { result, leave } = await waiting;
      leave();
      if (result === undefined) {
        const adopted = this.#engine.serveAdopted<Value>(request, opener, flight, standing);
        if ("miss" in adopted) return await this.#answerAlone(request, position);
        return { ...adopted, value: adopted.served };
      }
      const isOwn = standing.status === "miss";
      if (!isOwn && result.content === undefined) return await this.#answerAlone(request, position);
      const { original, content } = result;
      const value = isOwn || content === undefined ? original : (decodeContent(content) as Value);
      return { value, ...standing, ...(await this.#engine.account(request, { ...standing, flight })) };
    } catch (error) {
      const stale = await this.#engine.serveInPlaceOf(error, request, opener);
      if (stale === undefined) throw error;
      return { ...stale, value: stale.served };
    }
  }

  /** An answer that cannot be copied is not shared. */
  async #answerAlone(request: Request, position: number): Promise<BatchAnswer<Value>> {
    const inputs = [this.#inputs[position] as Input];
    const model = new ModelCall(request, this.#engine.telemetry.emit);
    const ask: Factory<readonly Value[]> = ({ signal }) => callBatch(this.#factory, inputs, signal);
    const [value] = await model.make(ask, request.controls.signal ?? new AbortController().signal);
    const paid = accounted(request, "miss", model.answered(value));
    return { value: value as Value, status: "miss", source: undefined, age: 0, ...paid };
  }
}

function openerOf<Value>(request: Request): Pick<Plan<unknown, Value>, "open"> {
  return { open: (content) => openValue<Value>(content, request) };
}

/** One call of the model for several flights. It is aborted when the last of them is. */
class BatchCall<Input, Value> {
  readonly #factory: BatchFactory<Input, Value>;
  readonly #inputs: Input[] = [];
  readonly #controller = new AbortController();
  #aborted = 0;
  #values: Promise<readonly Value[]> | undefined;

  constructor(factory: BatchFactory<Input, Value>) {
    this.#factory = factory;
  }

  /** Adds an input before the call is made. Returns its place in it. */
  add(input: Input): number {
    return this.#inputs.push(input) - 1;
  }

  /** The answer to the input at `index`. The first to ask makes the call. */
  async value(index: number, signal: AbortSignal): Promise<Value> {
    const abort = () => {
      this.#aborted++;
      if (this.#aborted === this.#inputs.length) this.#controller.abort(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    this.#values ??= callBatch(this.#factory, this.#inputs, this.#controller.signal);
    return (await this.#values)[index] as Value;
  }
}

/** Calls a factory with some inputs. @throws {LlmCacheError} `WRONG_COUNT` for another number of answers, and what the factory throws */
export async function callBatch<Input, Value>(
  factory: BatchFactory<Input, Value>,
  inputs: readonly Input[],
  signal: AbortSignal,
): Promise<readonly Value[]> {
  const values = await factory([...inputs], { signal });
  const isArray = Array.isArray as (value: unknown) => boolean;
  if (isArray(values) && values.length === inputs.length) return values;
  const got = isArray(values) ? `${values.length} answers` : "something that is no array";
  throw new LlmCacheError("WRONG_COUNT", `the factory was given ${inputs.length} inputs and returned ${got}`);
}

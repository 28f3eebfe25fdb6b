import type { Charge, Outcome, Status } from "@llmcache/core";
import { type Answer, type AnswerHead, FailedResponse, isHead, readAnswer } from "./answer.ts";
import { digest } from "./digest.ts";
import { type Exchange, relay, reply, replyToFailure, Upstream } from "./exchange.ts";
import type { AnswerPart, BatchFormat } from "./formats/wire-format.ts";

/** The answer to one input, as it is stored. */
interface PartAnswer extends AnswerHead {
  readonly part: AnswerPart;
}

/** A response that answers no single input: an error, mostly. Never stored. */
interface WholeAnswer extends Answer {
  /** The digest of the inputs that it is the response to. */
  readonly asked: string;
}

/** As `WholeAnswer`, for a success that does not hold what it should. Thrown, because each input would have a copy of a body that may be large. */
class UnusableResponse extends FailedResponse {
  override readonly name = "UnusableResponse";
  readonly asked: string;

  constructor(answer: Answer, asked: string) {
    super(answer);
    this.asked = asked;
  }
}

/** Answers a request with several inputs, each of which has an entry of its own. Only those that are missing are sent on. */
export async function answerBatch(
  exchange: Exchange,
  format: BatchFormat,
  inputs: readonly unknown[],
): Promise<Response> {
  const { cache, call, controls, request } = exchange;
  const { usageOf } = exchange.format;
  const { params } = exchange.body;
  const upstream = new Upstream(request);
  const batch = { ...call, params: format.restOf(params), inputs };
  const ask = (missing: unknown[], { signal }: { readonly signal: AbortSignal }) => {
    // In the caller's own words where nothing is left out.
    const body = missing.length === inputs.length ? undefined : format.withInputs(exchange.body.text, missing);
    return upstream.ask(signal, async (response) => partsOf(await readAnswer(response, signal), format, missing), body);
  };
  try {
    const outcomes = await cache.runMany<unknown, PartAnswer | WholeAnswer>(batch, ask, {
      ...controls,
      signal: request.signal,
      accepts: (answer) => isHead(answer) && "part" in answer && format.isPart(answer.part),
      admit: (answer) => "part" in answer,
      usageOf: (answer) => ("part" in answer ? usageOf([format.saidOf(answer.part)], params) : undefined),
    });
    const answers = outcomes.filter((outcome): outcome is Outcome<PartAnswer> => "part" in outcome.value);
    if (answers.length === outcomes.length) return replyWithParts(exchange, format, answers, upstream);
    const whole = outcomes.find(
      (outcome): outcome is Outcome<WholeAnswer> => "asked" in outcome.value,
    ) as Outcome<WholeAnswer>;
    if (whole.value.asked !== (await digestOfInputs(inputs))) return await askAlone(exchange);
    const headers = whole.status === "coalesced" ? undefined : upstream.headers;
    return reply(exchange, whole.value, whole.value.body, { ...whole, key: undefined, headers });
  } catch (error) {
    if (error instanceof UnusableResponse && error.asked !== (await digestOfInputs(inputs))) return askAlone(exchange);
    return replyToFailure(exchange, error, upstream);
  }
}

async function partsOf(
  answer: Answer,
  format: BatchFormat,
  inputs: readonly unknown[],
): Promise<(PartAnswer | WholeAnswer)[]> {
  if (answer.status !== 200) {
    const whole = { ...answer, asked: await digestOfInputs(inputs) };
    return inputs.map(() => whole);
  }
  const { body, ...head } = answer;
  const parts = typeof body === "string" ? format.split(body, inputs) : undefined;
  if (parts === undefined) throw new UnusableResponse(answer, await digestOfInputs(inputs));
  return parts.map((part) => ({ ...head, part }));
}

/** What another caller's inputs, or a part of one's own, were answered with is no answer to these: they are asked as they are, past the cache. */
async function askAlone(exchange: Exchange): Promise<Response> {
  return relay(exchange, await exchange.request.send(), { status: "miss" });
}

function replyWithParts(
  exchange: Exchange,
  format: BatchFormat,
  answers: readonly Outcome<PartAnswer>[],
  upstream: Upstream,
): Response {
  const statuses = new Set(answers.map(({ status }) => status));
  const status = firstOf(["bypass", "miss", "coalesced", "stale", "hit"], statuses);
  const newest = Math.max(
    0,
    answers.findIndex((answer) => answer.status === status),
  );
  const head = answers[newest]?.value;
  if (head === undefined) throw new TypeError("a batch has at least one input");
  const own = status === "bypass" || status === "miss";
  const stored = status === "hit" || status === "stale";
  return reply(
    exchange,
    head,
    format.join(
      answers.map(({ value }) => value.part),
      newest,
    ),
    {
      status,
      // Several entries have no key in common.
      key: answers.length === 1 ? answers[0]?.key : undefined,
      age: Math.max(...answers.map(({ age }) => age)),
      ...(stored && {
        freshFor: Math.min(...answers.map(({ freshFor = Infinity }) => freshFor)),
        source: answers[0]?.source,
      }),
      saved: sumOf(answers.flatMap(({ accounting }) => accounting?.saved ?? [])),
      partial: status === "miss" && (statuses.has("hit") || statuses.has("stale")),
      upstreamFailed: upstream.failure !== undefined,
      headers: own ? upstream.headers : undefined,
    },
  );
}

function sumOf(charges: readonly Charge[]): Charge {
  return charges.reduce(
    (sum, { inputTokens, outputTokens }) => ({
      inputTokens: sum.inputTokens + inputTokens,
      outputTokens: sum.outputTokens + outputTokens,
    }),
    { inputTokens: 0, outputTokens: 0 },
  );
}

function firstOf(order: readonly Status[], statuses: ReadonlySet<Status>): Status {
  return order.find((status) => statuses.has(status)) ?? "miss";
}

function digestOfInputs(inputs: readonly unknown[]): Promise<string> {
  return digest(JSON.stringify(inputs));
}

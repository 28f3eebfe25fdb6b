import type { Usage } from "@llmcache/core";
import { type Answer, isAnswer, readAnswer } from "./answer.ts";
import { type Exchange, reply, replyToFailure, Upstream } from "./exchange.ts";
import type { Params, WireFormat } from "./formats/wire-format.ts";
import { parseObject } from "./json-object.ts";
import { collectAnswer } from "./recorded-stream.ts";

/** Answers a request whose answer comes as one body. */
export async function answerWhole(exchange: Exchange): Promise<Response> {
  const { cache, call, controls, format, request } = exchange;
  const { params } = exchange.body;
  const upstream = new Upstream(request);
  const read = ({ signal }: { signal: AbortSignal }) =>
    upstream.ask(signal, (response) => readAnswer(response, signal));
  try {
    const outcome = await cache.run<Answer>(call, read, {
      ...controls,
      signal: request.signal,
      variant: format.stream?.wholeVariant,
      accepts: (answer) => isAnswer(answer) && answer.status === 200,
      admit: ({ status, body }) =>
        status === 200 && typeof body === "string" && format.isComplete(parseObject(body) ?? body, params),
      usageOf: (answer) => usageIn(answer, format, params),
      collect: (chunks) => collectAnswer(chunks, format, params),
    });
    const { status, value } = outcome;
    const own = status === "miss" || status === "bypass";
    return reply(exchange, value, value.body, {
      ...outcome,
      saved: outcome.accounting?.saved,
      upstreamFailed: upstream.failure !== undefined,
      headers: own ? upstream.headers : undefined,
    });
  } catch (error) {
    return replyToFailure(exchange, error, upstream);
  }
}

function usageIn({ status, body }: Answer, { usageOf }: WireFormat, params: Params): Usage | undefined {
  if (status !== 200 || typeof body !== "string") return undefined;
  const said = parseObject(body);
  return usageOf(said === undefined ? [] : [said], params);
}

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import autocannon from "autocannon";
import { startProcess } from "../start-process.ts";
import { sampleMs, timedAsync } from "../timed.ts";
import type { Competitor, Contest, Effort, Row } from "../row.ts";

/** One way to the model. */
interface Way {
  readonly name: string;
  readonly role: Competitor["role"];
  readonly url: string;
}

const path = "/v1/chat/completions";
const headers = { "content-type": "application/json", authorization: "Bearer sk-bench" };

/** The size of a question with a short context. */
const filler = "All work and no play makes a dull prompt. ".repeat(20);

const connections = 32;

const base = {
  unit: "µs",
  baseline: "pass-through proxy",
  rounds: ({ quick }) => (quick ? 5 : 31),
} as const satisfies Partial<Row>;

/** What the gateway takes of a request, over the bare upstream and beside a proxy that caches nothing. */
export const gatewayRows: readonly Row[] = [
  {
    ...base,
    name: "gateway-miss",
    title: "a chat through the gateway that is not stored",
    goals: [{ against: "pass-through proxy", atMost: 4 }],
    open: (effort) => openWays((ask) => timedAsync((turn) => ask(`${filler}${turn}`), sampleMs(effort))),
  },
  {
    ...base,
    name: "gateway-hit",
    title: "a chat through the gateway that is stored",
    goals: [{ against: "pass-through proxy", atMost: 1.5 }],
    open: (effort) => openWays((ask) => timedAsync(() => ask(filler), sampleMs(effort))),
  },
  {
    ...base,
    name: "gateway-load",
    title: `a stored chat through the gateway, ${connections} connections at once`,
    goals: [{ against: "pass-through proxy", atMost: 1.5 }],
    open: (effort) =>
      openWays(
        (_, { url }) =>
          () =>
            loadOf(url, effort),
      ),
  },
];

async function openWays(
  prepare: (ask: (question: string) => Promise<string>, way: Way) => () => Promise<number>,
): Promise<Contest> {
  const processes: ChildProcess[] = [];
  const agent = new Agent({ keepAlive: true });
  const serve = async (program: URL, upstream: string): Promise<string> => {
    const child = await startProcess(program);
    processes.push(child);
    child.send(upstream);
    const [url] = (await once(child, "message")) as [string];
    return url;
  };
  const url = await serve(new URL("../processes/serve-model.ts", import.meta.url), "");
  const ways: Way[] = [
    {
      name: "llmcache",
      role: "ours",
      url: await serve(new URL("../processes/serve-gateway.ts", import.meta.url), url),
    },
    {
      name: "pass-through proxy",
      role: "peer",
      url: await serve(new URL("../processes/serve-proxy.ts", import.meta.url), url),
    },
    { name: "bare upstream", role: "limit", url },
  ];
  return {
    competitors: ways.map((way) => {
      const ask = (question: string) => askOnce(`${way.url}${path}`, question, agent);
      return { name: way.name, role: way.role, sample: prepare(ask, way), answer: () => ask(filler) };
    }),
    async close() {
      agent.destroy();
      for (const child of processes) {
        child.kill();
        await once(child, "exit");
      }
    },
  };
}

async function askOnce(url: string, question: string, agent: Agent): Promise<string> {
  const outgoing = request(url, { method: "POST", headers, agent });
  outgoing.end(bodyOf(question));
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  return text(incoming);
}

/** How much of a second each request takes, in µs. */
async function loadOf(url: string, { quick }: Effort): Promise<number> {
  const amount = quick ? 500 : 3_000;
  const startedAt = performance.now();
  const { non2xx, errors } = await autocannon({
    ...{ url: `${url}${path}`, method: "POST", headers, body: bodyOf(filler), connections, amount },
    // It looks whether it is over as often as it takes samples.
    sampleInt: 5,
  });
  if (non2xx + errors > 0) throw new Error(`${non2xx + errors} requests failed`);
  return ((performance.now() - startedAt) * 1_000) / amount;
}

function bodyOf(question: string): string {
  return JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: question }] });
}

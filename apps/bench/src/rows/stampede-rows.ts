import { setTimeout } from "node:timers/promises";
import { chatParams } from "../data.ts";
import { stampedeCaches } from "../peers/stampede-caches.ts";
import type { Row } from "../row.ts";

/** Who comes together, and what they come for. */
const callers = 1_000;
const modelMs = 50;

interface Stampede {
  readonly modelCalls: number;
  /** How long after the model's own time the last caller had the answer. */
  readonly beyondMs: number;
  readonly values: ReadonlySet<unknown>;
}

/** Many identical calls at once, of what nobody has stored yet. */
export const stampedeRows: readonly Row[] = [
  stampedeRow("stampede-calls", "1000 identical misses at once: calls of the model", "calls", 1),
  stampedeRow("stampede-time", `1000 identical misses at once: time beyond the call of ${modelMs} ms`, "ms", 15),
];

function stampedeRow(name: string, title: string, unit: "calls" | "ms", atMost: number): Row {
  return {
    name,
    title,
    unit,
    baseline: "bentocache",
    goals: [{ atMost }],
    rounds: ({ quick }) => (unit === "calls" ? 1 : quick ? 3 : 21),
    async open() {
      const competitors = stampedeCaches.map(async ({ name: cacheName, role, open }) => {
        const ask = await open();
        let asked = 0;
        const stampede = () => runStampede(ask, asked++);
        return {
          name: cacheName,
          role,
          async sample() {
            const { modelCalls, beyondMs } = await stampede();
            return unit === "calls" ? modelCalls : beyondMs;
          },
          answer: async () => (await stampede()).values,
        };
      });
      return { competitors: await Promise.all(competitors) };
    },
  };
}

async function runStampede(
  ask: (params: unknown, model: () => Promise<string>) => Promise<unknown>,
  number: number,
): Promise<Stampede> {
  const params = { ...chatParams(512, 1), seed: number };
  let modelCalls = 0;
  const model = async () => {
    modelCalls++;
    await setTimeout(modelMs);
    return "the answer";
  };
  const startedAt = performance.now();
  const values = new Set(await Promise.all(Array.from({ length: callers }, () => ask(params, model))));
  return { modelCalls, beyondMs: performance.now() - startedAt - modelMs, values };
}

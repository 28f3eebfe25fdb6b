import { startLocalModel } from "@llmcache/local-model";

/** How often a model was asked. */
export interface Asked {
  readonly calls: number;
  /** The texts that it turned into vectors. */
  readonly embeddingInputs: number;
}

/** The model behind the cache. */
export interface Upstream extends AsyncDisposable {
  /** One line that says what it is. */
  readonly description: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly chatModel: string;
  readonly embeddingModel: string;
  /** What the cache calls the model with. */
  readonly fetch: typeof fetch;
  /** Counted where the requests arrive: by the local model itself, or, before a real one, on this process's way out. */
  asked(): Asked;
  /** Whether it counts what other processes ask, too. */
  readonly countsProcesses: boolean;
  /** From now on every call fails, until `repair`. */
  breakDown(): void;
  repair(): void;
}

/** How the local model behaves. */
export interface Pace {
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
}

/** The model that the environment names (`OPENAI_BASE_URL`, `OPENAI_API_KEY`), or a local one. */
export async function openUpstream(environment: NodeJS.ProcessEnv, pace: Pace): Promise<Upstream> {
  const { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey } = environment;
  const chatModel = environment["OPENAI_MODEL"] ?? "gpt-4o";
  const embeddingModel = environment["OPENAI_EMBEDDING_MODEL"] ?? "text-embedding-3-small";
  const names = { chatModel, embeddingModel };
  if (!baseUrl && !apiKey) return { ...names, ...(await openLocal(pace)) };
  return { ...names, ...openReal(baseUrl || "https://api.openai.com/v1", apiKey || "none") };
}

type Unnamed = Omit<Upstream, "chatModel" | "embeddingModel">;

async function openLocal(pace: Pace): Promise<Unnamed> {
  const model = await startLocalModel({ ...pace, embeddingMs: 140 });
  return {
    description: `a local stand-in at ${model.url}: ${pace.firstTokenMs} ms to the first token, ${pace.tokensPerSecond} tokens a second`,
    baseUrl: model.url,
    countsProcesses: true,
    apiKey: "local",
    fetch: (input, init) => fetch(input, init),
    asked: () => ({ calls: model.calls.chat + model.calls.embeddings, embeddingInputs: model.calls.embeddingInputs }),
    breakDown: () => model.update({ failure: { kind: "status", status: 503 } }),
    repair: () => model.update({ failure: undefined }),
    [Symbol.asyncDispose]: () => model.close(),
  };
}

function openReal(baseUrl: string, apiKey: string): Unnamed {
  let calls = 0;
  let embeddingInputs = 0;
  let broken = false;
  return {
    description: `a real one at ${baseUrl}`,
    baseUrl,
    countsProcesses: false,
    apiKey,
    async fetch(input, init) {
      calls++;
      const body = typeof init?.body === "string" ? (JSON.parse(init.body) as { readonly input?: unknown }) : {};
      if ("input" in body) embeddingInputs += [body.input].flat().length;
      // A real model cannot be told to fail, but the way to it can be cut.
      if (broken) throw new TypeError("fetch failed");
      return fetch(input, init);
    },
    asked: () => ({ calls, embeddingInputs }),
    breakDown: () => void (broken = true),
    repair: () => void (broken = false),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

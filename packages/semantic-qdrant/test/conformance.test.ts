import { backendConformance, semanticConformance } from "@llmcache/conformance";
import { connectQdrant, type QdrantSemanticBackend, type QdrantStoreOptions } from "@llmcache/semantic-qdrant";
import { sharedServer, startQdrant, startTimeout } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, test } from "vitest";

const qdrant = sharedServer(() => startQdrant());
beforeAll(qdrant.start, startTimeout);
afterAll(qdrant.stop);

type Kind = Required<Pick<QdrantStoreOptions, "quantization" | "search">>;

const kinds: readonly Kind[] = [
  { quantization: "scalar", search: "exact" },
  { quantization: "scalar", search: "approximate" },
  { quantization: "binary", search: "approximate" },
  { quantization: "product", search: "approximate" },
  { quantization: "none", search: "approximate" },
];

for (const kind of kinds) {
  const { quantization, search } = kind;
  describe(
    `a QdrantSemanticBackend, its quantization ${quantization} and its search ${search}`,
    { timeout: 60_000 },
    () => {
      let address = "";
      const open = (url: string = address): Promise<QdrantSemanticBackend> =>
        connectQdrant({ url, embedder: `${quantization}-${search}`, dimensions: 48, ...kind, environment: {} });
      const options = {
        create: () => open(),
        reopen: () => open(),
        failing: () => open("http://127.0.0.1:1"),
        log: () => undefined,
      };
      // By key all kinds keep entries alike.
      const byKey = search === "exact" ? backendConformance(options) : [];
      for (const { name, run } of [...byKey, ...semanticConformance({ ...options, search })]) {
        test(name, async (context) => {
          ({ url: address } = qdrant.orSkip(context));
          await run();
        });
      }
    },
  );
}

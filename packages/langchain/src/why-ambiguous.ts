/**
 * Types of content that LangChain's text of a prompt shows by a word in brackets alone, whatever is in them: images, files and what vendors add.
 * Those of one common word are named; all others are known by how they are written.
 */
const hidden =
  /\[(?:image|audio|video|file|text-plain file|document|media|thinking|refusal|json|[a-z\d]+(?:[_-][a-z\d]+)+|[a-z]+(?:[A-Z][a-z]+)+)\]/;

/** The beginning of a message in that text. */
const turn = /^(?:Human|AI|System|Tool): /gm;

/** What a prompt of instructions and one question begins its messages with. */
const plain = ["Human: ", "System: \nHuman: "];

/**
 * Why a prompt's text may stand for another prompt too; `undefined`: it does not. It hides images and files, it does not say which call of a
 * tool a result belongs to, and where it has several turns, one message that quotes them has the same text.
 *
 * @param text what `getBufferString` of `@langchain/core` writes, or the prompt of a model that is not for chat
 */
export function whyAmbiguous(text: string, isChat: boolean): string | undefined {
  if (!isChat) return undefined;
  if (hidden.test(text)) return "hidden-content";
  const turns = text.match(turn) ?? [];
  return plain.includes(turns.join("\n")) && text.startsWith(turns[0] ?? "") ? undefined : "several-turns";
}

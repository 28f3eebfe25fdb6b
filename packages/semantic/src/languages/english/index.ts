import type { Language } from "../language.ts";
import { groupsOf, nameOfWords, oppositesOf, words as wordList, wordSet } from "../tables.ts";
import * as grammar from "./grammar.ts";
import { memberWords } from "./members.ts";
import { oppositeParticles, oppositeWords } from "./opposites.ts";
import * as quantities from "./quantities.ts";
import * as requests from "./requests.ts";
import { englishStem } from "./stem.ts";
import { synonymWords } from "./synonyms.ts";

/** Lists are written in words, and compared in stems. What stands before a colon names a set. */
const stems = (text: string) => text.replaceAll(/[\p{L}-]+(?![\p{L}+#:-])/gu, englishStem);

const stemSet = (set: ReadonlySet<string>) => new Set([...set].map(englishStem));

export const english: Language = {
  code: "en",
  script: "Latin",
  lemma: englishStem,
  ...grammar,
  ...quantities,
  ...requests,
  functionWords: stemSet(grammar.functionWords),
  acts: stemSet(requests.acts),
  tasks: new Map([...requests.tasks].map(([word, task]) => [englishStem(word), task])),
  opposites: oppositesOf(stems(oppositeWords)),
  oppositeParticles: oppositesOf(oppositeParticles),
  reversingPrefixes: ["un", "non", "in", "im", "il", "ir", "dis", "mis", "de", "anti", "counter", "mal"],
  reversingSuffixes: [
    ["ful", "less"],
    ["er", "ee"],
  ],
  members: nameOfWords(stems(memberWords)),
  synonyms: groupsOf(stems(synonymWords)),
  derivations: wordList("ation ion ment er or al ly ness ity ance ence y ication sion tion ive"),
  from: wordSet("from"),
  to: wordSet("to into"),
  languageSet: "language",
};

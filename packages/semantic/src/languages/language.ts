/**
 * What guards know of a language. All words are in lower case, as lemmas where a list is about meaning. A language is added by writing
 * one of these and giving it to `analyse`; guards have no words of their own.
 */
export interface Language {
  /** BCP 47. */
  readonly code: string;
  /** Scripts that it is written in, as Unicode names them. */
  readonly script: string;
  /** Words so frequent that they tell this language from others of its script, and do not occur in those. */
  readonly markers: ReadonlySet<string>;
  /** Short forms and their words: `"don't"` is `["do", "not"]`. */
  readonly contractions: ReadonlyMap<string, readonly string[]>;
  /** The dictionary form of a word. */
  readonly lemma: (word: string) => string;
  /** Words that carry no subject of their own: articles, pronouns, auxiliaries, prepositions, courtesy. Lemmas. */
  readonly functionWords: ReadonlySet<string>;
  /** Of those, the ones whose presence changes nothing at all: articles, courtesy. */
  readonly fillers: ReadonlySet<string>;
  /** Words that open a phrase that may stand at either end of a sentence. */
  readonly prepositions: ReadonlySet<string>;
  /** Words that join equals: `"and"`. */
  readonly conjunctions: ReadonlySet<string>;
  /** Phrases that only ask for the rest: `"can you tell me"`. Words, longest first. */
  readonly openings: readonly (readonly string[])[];
  /** Words in an opening that make it a wish of the one who asks, not a request: `"I need to"`. */
  readonly wishes: ReadonlySet<string>;
  /** Cardinal words and their values, below 100; then the multipliers. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly multipliers: ReadonlyMap<string, number>;
  readonly ordinals: ReadonlyMap<string, number>;
  readonly months: ReadonlyMap<string, number>;
  /** Month names that are common words too, so that they need a number or one of `datePrepositions` beside them. */
  readonly ambiguousMonths: ReadonlySet<string>;
  readonly datePrepositions: ReadonlySet<string>;
  readonly weekdays: ReadonlyMap<string, string>;
  /** Unit words and signs. `base` is what a number is multiplied by. */
  readonly units: ReadonlyMap<string, Unit>;
  /** Currency words, codes and signs, and their ISO 4217 codes. */
  readonly currencies: ReadonlyMap<string, string>;
  readonly negations: ReadonlySet<string>;
  /** Words that only answer or address where a comma follows: `"No, it does not"`. */
  readonly interjections: ReadonlySet<string>;
  /** Phrases with a negation that negate nothing: `"not only"`, `"why don't you"`. */
  readonly idleNegations: readonly (readonly string[])[];
  /** For each word, its opposites. Both ways. */
  readonly opposites: ReadonlyMap<string, ReadonlySet<string>>;
  /** Opposites only where one stands in the place of the other: `"on"` and `"off"`. */
  readonly oppositeParticles: ReadonlyMap<string, ReadonlySet<string>>;
  /** Prefixes that turn a word into its opposite, and suffixes that are opposites of each other. */
  readonly reversingPrefixes: readonly string[];
  readonly reversingSuffixes: readonly (readonly [string, string])[];
  /** Words of which any two exclude each other (colours, countries, weekdays), each with the name of its set. */
  readonly members: ReadonlyMap<string, string>;
  /** For each word, those that may stand in its place. Both ways. Lemmas. */
  readonly synonyms: ReadonlyMap<string, ReadonlySet<string>>;
  /** Endings that only turn a word into another part of speech: `"cancel"`, `"cancellation"`. */
  readonly derivations: readonly string[];
  /** What a phrase at the beginning asks for, by the first that fits. */
  readonly questions: readonly QuestionPattern[];
  /** Kinds of question that may be asked in place of each other. */
  readonly compatibleQuestions: readonly (readonly [string, string])[];
  /** Verbs that, at the head of a prompt, ask for a kind of work: `"summarize"`, `"translate"`. */
  readonly tasks: ReadonlyMap<string, string>;
  /** Verbs that, at the head of a prompt, ask that something be done in the world. */
  readonly acts: ReadonlySet<string>;
  /** Phrases that say how the answer is to look, and under what name. */
  readonly formats: PhraseTable;
  readonly lengths: PhraseTable;
  /** Phrases that tie the answer to a time of asking. */
  readonly freshness: PhraseTable;
  /** Words before where something begins, and before where it ends: `"from"`, `"to"`. */
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  /** The set of `members` that holds the names of languages, and the words before the one to answer in. */
  readonly languageSet: string;
}

export interface Unit {
  /** What is measured; units of one dimension can be converted into each other. */
  readonly dimension: string;
  readonly base: number;
  /** Whether the word alone, without a number, names the unit: `"miles"`, not `"days"`. */
  readonly standsAlone: boolean;
}

/** By its first word: the phrases, longest first, each with its name. */
export type PhraseTable = ReadonlyMap<string, readonly Phrase[]>;

export interface Phrase {
  readonly words: readonly string[];
  readonly name: string;
}

export interface QuestionPattern {
  readonly kind: string;
  /** Words in a row, each with its alternatives; `"*"` stands for one to five words. */
  readonly words: readonly (readonly string[])[];
  /** Whether it must stand at the beginning. */
  readonly atStart: boolean;
}

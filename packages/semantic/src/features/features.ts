/** What a prompt says literally, by kind: what must be the same on both sides, to the last one. */
export type FactKind =
  | "number"
  | "measure"
  | "money"
  | "date"
  | "version"
  | "identifier"
  | "url"
  | "code"
  | "quotation"
  | "name";

/** A word, number or literal of a prompt, in its place. */
export interface Token {
  /** In lower case, contractions undone; a literal as it stands. */
  readonly text: string;
  /** What is compared: the lemma of a word, the value of a number, the text of a literal. */
  readonly stem: string;
  /** Whether it says what the prompt is about, as opposed to how its sentence is built. */
  readonly isContent: boolean;
}

/** What guards compare: computed once for a prompt, whatever it is compared with. Holds the prompt's words, so it is as secret as the prompt. */
export interface Features {
  /** Whether it is longer than anything that is compared: then nothing else of it was read. */
  readonly isTooLong: boolean;
  /** Without what only asks for the rest ("can you tell me"), and without articles and courtesy. */
  readonly tokens: readonly Token[];
  /** For each kind, everything that the prompt says of it, sorted and joined: equal where the multisets are. Kinds it says nothing of are "". */
  readonly facts: Readonly<Record<FactKind, string>>;
  /** How many negations that negate something. */
  readonly negations: number;
  /** What kind of question it is, where it is one that can be told. */
  readonly question: string | undefined;
  /** The kind of work that it asks for, where it begins with that. */
  readonly task: string | undefined;
  /** The verb, where it asks that something be done. */
  readonly act: string | undefined;
  readonly formats: string;
  readonly lengths: string;
  readonly freshness: string;
  /** From where to where, for each such pair. */
  readonly directions: readonly (readonly [from: string, to: string])[];
  /** The scripts that it is written in, sorted and joined. */
  readonly scripts: string;
  /** BCP 47, where it can be told. */
  readonly language: string | undefined;
}

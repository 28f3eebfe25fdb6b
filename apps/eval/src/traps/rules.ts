/** Turns a prompt into ones that look alike and want another answer. None where it does not apply. */
export interface TrapRule {
  readonly kind: string;
  readonly make: (prompt: string) => readonly string[];
}

/** Opposites that a trap may put for each other. Kept apart from those that the guards know, so that they are not tested on themselves. */
const antonyms = [
  "buy sell",
  "increase decrease",
  "raise lower",
  "before after",
  "open close",
  "enable disable",
  "start stop",
  "largest smallest",
  "larger smaller",
  "highest lowest",
  "best worst",
  "fastest slowest",
  "faster slower",
  "cheapest expensive",
  "first last",
  "minimum maximum",
  "advantages disadvantages",
  "benefits risks",
  "safe dangerous",
  "late early",
  "hot cold",
  "push pull",
  "import export",
  "upload download",
  "encode decode",
  "encrypt decrypt",
  "install uninstall",
  "connect disconnect",
  "deposit withdraw",
  "lend borrow",
  "accept reject",
  "allow forbid",
  "add remove",
  "create delete",
  "lock unlock",
  "more less",
  "most least",
  "good bad",
  "easy hard",
  "new old",
  "short long",
  "increase reduce",
  "inside outside",
  "left right",
  "north south",
  "east west",
  "male female",
  "public private",
  "legal illegal",
  "possible impossible",
  "common rare",
  "win lose",
  "pass fail",
  "freeze unfreeze",
  "activate deactivate",
  "credit debit",
  "arrive depart",
  "arrival departure",
  "up down",
  "on off",
  "with without",
].map((pair) => pair.split(" ") as [string, string]);

/** Where a "not" can stand: after a verb that takes one and the pronoun that follows it, if any. */
const negatable =
  /(?<!n't )\b(is|are|was|were|does|do|did|can|could|should|would|will)\b(?!'|’)( (?:i|you|it|we|they|one|he|she|there)\b|(?<=\S .*))(?! not\b)/i;

const asksSomething = /^(?:what|how|why|when|where|who|which|is|are|does|do|did|was|were)\b/i;

const units: readonly (readonly [string, string])[] = [
  ["miles", "kilometers"],
  ["pounds", "kilograms"],
  ["mg", "g"],
  ["minutes", "hours"],
  ["days", "weeks"],
  ["dollars", "euros"],
  ["celsius", "kelvin"],
  ["gallons", "pints"],
  ["inches", "feet"],
  ["months", "years"],
];

const end = (prompt: string, addition: string) => {
  const [, body = prompt, mark = ""] = /^(.*?)([.?!]*)$/s.exec(prompt.trimEnd()) ?? [];
  return `${body} ${addition}${mark}`;
};

/** Only where the prompt does not say so already. */
const additions = (kind: string, ...texts: string[]): TrapRule => ({
  kind,
  make: (prompt) =>
    texts
      .filter(
        (text) => !new RegExp(text.split(" ").at(-1) ?? "", "i").test(prompt) && !/comprehensive|recent/i.test(prompt),
      )
      .map((text) => end(prompt, text)),
});

/** One replacement of the first match; none where there is no match, or nothing changes. */
const replaced = (prompt: string, pattern: RegExp, by: string | ((match: string) => string)): string[] => {
  const changed = prompt.replace(pattern, by as string);
  return changed === prompt ? [] : [changed];
};

export const trapRules: readonly TrapRule[] = [
  {
    kind: "number",
    make: (prompt) => [
      ...replaced(prompt, /(?<![\d.])[1-9]\d{0,2}(?![\d.])/, (number) => String(Number(number) + 1)),
      ...replaced(prompt, /(?<![\d.])[1-9]\d{0,2}(?![\d.])/, (number) => `${number}0`),
      ...replaced(prompt, /\btwo\b/, "three"),
      ...replaced(prompt, /\bfive\b/, "six"),
      ...replaced(prompt, /\bten\b/, "twelve"),
    ],
  },
  {
    kind: "year",
    make: (prompt) => [
      ...replaced(prompt, /\b(?:19|20)\d\d\b/, (year) => String(Number(year) + 1)),
      ...(/\b(?:19|20)\d\d\b/.test(prompt) ? [] : [end(prompt, "in 2021")]),
    ],
  },
  {
    kind: "unit",
    make: (prompt) =>
      units.flatMap(([one, other]) => [
        ...replaced(prompt, new RegExp(`\\b${one}\\b`), other),
        ...replaced(prompt, new RegExp(`\\b${other}\\b`), one),
      ]),
  },
  {
    kind: "negation",
    make: (prompt) =>
      /\b(?:not|only|idea)\b/.test(prompt) || /^(?:can|could|will|would) you\b/i.test(prompt)
        ? []
        : replaced(prompt, negatable, (words) => `${words} not`),
  },
  {
    kind: "antonym",
    make: (prompt) =>
      antonyms.flatMap(([one, other]) => [
        ...replaced(prompt, new RegExp(`\\b${one}\\b`), other),
        ...replaced(prompt, new RegExp(`\\b${other}\\b`), one),
      ]),
  },
  {
    kind: "swap",
    make: (prompt) => {
      const [first, second] = [...prompt.matchAll(/(?<=\s)\p{Lu}\p{Ll}+/gu)].map(([name]) => name);
      const isSentence = prompt.length < 150 && !/^\s|[.!?:]\s/.test(prompt);
      const isPair = isSentence && first !== undefined && second !== undefined && first !== second;
      return isPair
        ? [prompt.replaceAll(new RegExp(`${first}|${second}`, "g"), (name) => (name === first ? second : first))]
        : [];
    },
  },
  {
    kind: "direction",
    make: (prompt) => [
      ...replaced(prompt, /from (\w+) to (\w+)/, "from $2 to $1"),
      ...replaced(prompt, /(?<!from )\b(miles|pounds|celsius|gallons|inches) to (\w+)/, "$2 to $1"),
    ],
  },
  {
    kind: "code",
    make: (prompt) => [
      ...replaced(prompt, /(?<!`)`([^`\n]+)`/, "`$1[0]`"),
      ...replaced(prompt, /(?<!`)`(\w+)/, "`other_$1"),
      ...replaced(prompt, /"([^"]+)"/, '"$1 again"'),
      ...replaced(prompt, /https?:\/\/\S+/, (url) => `${url}/v2`),
    ],
  },
  additions("format", "as JSON", "in a table", "as bullet points"),
  additions("language", "in French", "in German"),
  {
    kind: "freshness",
    // To be done "right now" is to be done; what is so right now may have been another thing before.
    make: (prompt) =>
      asksSomething.test(prompt) &&
      !/\b(?:now|current|currently|today|tonight|this morning|moment|latest|recently)\b/i.test(prompt)
        ? [end(prompt, "today"), end(prompt, "right now"), ...replaced(prompt, /\bthe\b/, "the latest")]
        : [],
  },
  additions("length", "in one sentence", "in detail"),
  {
    kind: "question",
    make: (prompt) => [
      ...replaced(prompt, /^how (?:do|can) i\b/i, "Why do I"),
      ...replaced(prompt, /^what is\b/i, "Why is"),
      ...replaced(prompt, /^why (?:is|does|did)\b/i, "When did"),
      ...replaced(prompt, /^where\b/i, "When"),
    ],
  },
];

import { randomFrom, seedOf } from "./seed.ts";
import { writtenAnswers } from "./written-answers.ts";

/** The words that a topic is told by, at most about 60 characters of the prompt's first sentence. */
export function topicOf(prompt: string): string {
  const sentence =
    prompt
      .trim()
      .split(/[\n.?!]/, 1)[0]
      ?.trim() ?? "";
  if (sentence === "") return "this";
  return sentence.length <= 60 ? sentence : sentence.slice(0, 60).replace(/\s+\S*$/, "");
}

const openings = [
  (topic: string) => `On “${topic}”: most of it comes down to a few plain points.`,
  (topic: string) => `A short answer to “${topic}” first, then the reasons.`,
  (topic: string) => `“${topic}” sounds harder than it is.`,
  (topic: string) => `There are two good ways to look at “${topic}”.`,
];

const bodies = [
  "Begin with what you already know, write it down, and mark what is only a guess.",
  "The first step is small, and it shows at once whether the direction is right.",
  "Compare a simple case with a hard one, and keep what holds for both.",
  "What costs most is seldom what takes longest, so measure before you change anything.",
  "Ask who will read the result, and leave out what they cannot use.",
  "Take one example from last week, and follow it from its start to its end.",
  "Most mistakes here come from a step that nobody wrote down.",
  "If two explanations fit, prefer the one that you can test this afternoon.",
  "Numbers help, but only with the unit and the date beside them.",
];

const closings = [
  "That is enough to start with, and the rest follows from doing it.",
  "Do this twice and you will not need these notes again.",
  "When in doubt, choose the version that is easier to undo.",
  "Everything beyond that is a matter of taste.",
];

/**
 * An answer to a prompt that is always the same for the same seed text. A few questions have an answer written by hand;
 * to the others it answers with some sentences that quote the topic.
 */
export function generateText(prompt: string, seedText: string): string {
  const written = writtenAnswers.get(prompt.trim());
  if (written !== undefined) return written;
  const random = randomFrom(seedOf(seedText));
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const shuffled = bodies
    .map((sentence) => ({ sentence, at: random() }))
    .toSorted((left, right) => left.at - right.at)
    .map(({ sentence }) => sentence);
  const middle = shuffled.slice(0, 2 + Math.floor(random() * 3));
  return [pick(openings)(topicOf(prompt)), ...middle, pick(closings)].join(" ");
}

import type { Language } from "../languages/language.ts";
import { type Guard, show } from "./guard.ts";

/** Kinds that are asked for in words, never left to be understood. */
const neverImplied = new Set(["why", "compare"]);

/** How, why, how many, which, compare, list: another kind of question has another answer. */
export const question: Guard = ({ asked, stored, language }) => {
  if (areCompatible(asked.question, stored.question, language)) return undefined;
  const detail = `${show(asked.question)} is asked, ${show(stored.question)} is stored`;
  return { code: "question", reason: "They ask different kinds of question.", detail };
};

function areCompatible(
  left: string | undefined,
  right: string | undefined,
  { compatibleQuestions }: Language,
): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined) return !neverImplied.has(left ?? right ?? "");
  return compatibleQuestions.some(
    ([one, other]) => (one === left && other === right) || (one === right && other === left),
  );
}

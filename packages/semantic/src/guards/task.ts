import type { Features } from "../features/features.ts";
import { type Guard, show } from "./guard.ts";

/** Tasks that a plain question asks for as well. */
const answering = new Set(["explain", "define", "calculate", "compare", "write"]);

/** Summarize, translate, rewrite: another task has another answer. */
export const task: Guard = ({ asked, stored }) => {
  if (asked.task === stored.task) return undefined;
  if (mayBeQuestion(asked) && mayBeQuestion(stored) && (asked.task === undefined || stored.task === undefined))
    return undefined;
  const detail = `${show(asked.task)} is asked, ${show(stored.task)} is stored`;
  return { code: "task", reason: "They ask for different work.", detail };
};

function mayBeQuestion({ task: asked }: Features): boolean {
  return asked === undefined || answering.has(asked);
}

import { isObject, parseObject } from "../json-object.ts";
import { elementsOf, membersOf, withMember } from "../json-text.ts";
import { mergeUsage, shareUsage } from "../usage.ts";
import type { AnswerPart, BatchFormat, Params } from "./wire-format.ts";

/** How an API answers a list of inputs by a list of answers. */
export interface ListShape {
  /** The member of the request that holds the inputs. */
  readonly inputs: string;
  readonly inputsOf: (params: Params) => readonly unknown[] | undefined;
  /** How much of the usage is likely to be an input's. */
  readonly lengthOf: (input: unknown) => number;
  /** The members of the body that hold the answers, and what all of them used. */
  readonly answers: string;
  readonly usage: string;
  /** The member of an answer that says to which input it is; `undefined` where its place does. */
  readonly index: string | undefined;
  /** Whether an element is an answer, its index aside. */
  readonly isAnswer: (element: Readonly<Record<string, unknown>>) => boolean;
}

/** One answer, and what stood around it. It stays the text that it came as. */
interface ListedPart extends AnswerPart {
  /** The members of the body in their order, as they were spelled; the answers and the usage are empty. */
  readonly frame: readonly (readonly [name: string, value: string])[];
  /** The element: what comes before its index, and what comes after. */
  readonly element: readonly [before: string, after: string];
  /** The input's share of the usage. */
  readonly usage: unknown;
}

/** Takes such requests apart. */
export function listedAnswers(shape: ListShape): BatchFormat {
  return {
    inputsOf: shape.inputsOf,
    restOf: ({ [shape.inputs]: _, ...rest }) => rest,
    withInputs: (body, inputs) => withMember(body, shape.inputs, JSON.stringify(inputs)),
    split: (body, inputs) => split(body, inputs, shape),
    join: (parts, frame) => join(parts as readonly ListedPart[], frame, shape),
    saidOf: (part) => saidOf(part as ListedPart, shape),
    isPart,
  };
}

function split(body: string, inputs: readonly unknown[], shape: ListShape): ListedPart[] | undefined {
  const parsed = parseObject(body);
  const answers = parsed?.[shape.answers];
  if (parsed === undefined || ("error" in parsed && parsed["error"] !== null) || !Array.isArray(answers))
    return undefined;
  if (answers.length !== inputs.length) return undefined;
  const members = membersOf(body);
  const spans = elementsOf(body, members.findLast(({ name }) => name === shape.answers)?.start ?? 0);
  const apart = new Set([shape.answers, shape.usage]);
  const frame = members.map(({ name, start, end }) => [name, apart.has(name) ? "" : body.slice(start, end)] as const);
  const lengths = inputs.map((input) => Math.max(1, shape.lengthOf(input)));
  const shares = shareUsage(parsed[shape.usage], lengths);
  const parts: ListedPart[] = [];
  for (const [position, answer] of answers.entries()) {
    const span = spans[position];
    if (span === undefined || !isObject(answer) || !shape.isAnswer(answer)) return undefined;
    const placed = placeOf(body.slice(span.start, span.end), answer, position, shape);
    if (placed === undefined || placed.index >= inputs.length || parts[placed.index] !== undefined) return undefined;
    parts[placed.index] = { frame, element: placed.element, usage: shares[placed.index] };
  }
  return parts;
}

/** Which input an answer is to, and the answer without that. */
function placeOf(
  text: string,
  answer: Readonly<Record<string, unknown>>,
  position: number,
  { index: name }: ListShape,
): { readonly index: number; readonly element: ListedPart["element"] } | undefined {
  if (name === undefined) return { index: position, element: [text, ""] };
  const index = answer[name];
  const member = membersOf(text, 0).findLast((each) => each.name === name);
  if (member === undefined || typeof index !== "number" || !Number.isSafeInteger(index) || index < 0) return undefined;
  return { index, element: [text.slice(0, member.start), text.slice(member.end)] };
}

function join(parts: readonly ListedPart[], frame: number, shape: ListShape): string {
  const answers = parts.map(({ element: [before, after] }, index) => {
    return `${before}${shape.index === undefined ? "" : index}${after}`;
  });
  const usage = JSON.stringify(mergeUsage(parts.map((part) => part.usage)) ?? null);
  const members = (parts[frame]?.frame ?? []).map(([name, value]) => {
    const text = name === shape.answers ? `[${answers.join(",")}]` : name === shape.usage ? usage : value;
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{${members.join(",")}}`;
}

function saidOf({ frame, usage }: ListedPart, shape: ListShape): Record<string, unknown> {
  const told = frame.filter(([, text]) => text !== "").map(([name, text]) => [name, JSON.parse(text) as unknown]);
  return { ...(Object.fromEntries(told) as object), [shape.usage]: usage };
}

function isPart(value: unknown): value is ListedPart {
  if (!isObject(value) || !Array.isArray(value["frame"]) || !Array.isArray(value["element"])) return false;
  return value["element"].length === 2 && value["element"].every((text) => typeof text === "string");
}

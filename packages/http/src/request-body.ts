import type { Params } from "./formats/wire-format.ts";
import { parseObject } from "./json-object.ts";
import { namesIn, parseExactly } from "./json-text.ts";

/** The body of a request: a JSON object. */
export interface RequestBody {
  /** As the caller wrote it. */
  readonly text: string;
  readonly params: Params;
  /** Whether one of its objects has two members of one name: `params` has the last, and who knows what the upstream takes. */
  readonly repeatsNames: boolean;
}

/** Reads a body; `undefined` for one that is no JSON object. */
export function parseBody(text: string | undefined): RequestBody | undefined {
  const params = text === undefined ? undefined : parseObject(text);
  if (text === undefined || params === undefined) return undefined;
  const names = namesIn(text);
  return {
    text,
    params: names === "escaped" ? (parseExactly(text) as Params) : params,
    repeatsNames: names === "repeated",
  };
}

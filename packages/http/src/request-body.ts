import { digestOf } from "./digest.ts";
import type { Params, WireFormat } from "./formats/wire-format.ts";
import { parseObject } from "./json-object.ts";
import { namesIn, parseExactly } from "./json-text.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";

/** The body of a request: a JSON object, or a form. */
export interface RequestBody {
  /** As the caller wrote it; empty for a form. */
  readonly text: string;
  readonly params: Params;
  /** Whether one of its objects has two members of one name: `params` has the last, and who knows what the upstream takes. */
  readonly repeatsNames: boolean;
}

/** Reads a body; `undefined` for one that is not what the format takes, or can be read only once. */
export async function readBody(request: OutgoingRequest, { body }: WireFormat): Promise<RequestBody | undefined> {
  if (body !== "form") return parseJson(await request.readText());
  const form = await request.readForm();
  return form && { text: "", params: await fieldsOf(form), repeatsNames: false };
}

function parseJson(text: string | undefined): RequestBody | undefined {
  const params = text === undefined ? undefined : parseObject(text);
  if (text === undefined || params === undefined) return undefined;
  const names = namesIn(text);
  return {
    text,
    params: names === "escaped" ? (parseExactly(text) as Params) : params,
    repeatsNames: names === "repeated",
  };
}

/** The fields of a form, those of one name as a list. A file is its content, whatever it is called and said to be. */
async function fieldsOf(form: FormData): Promise<Params> {
  const fields = new Map<string, unknown[]>();
  for (const [name, value] of form) {
    const field = typeof value === "string" ? value : { sha256: await digestOf(await value.arrayBuffer()) };
    fields.set(name, [...(fields.get(name) ?? []), field]);
  }
  return Object.fromEntries(Array.from(fields, ([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

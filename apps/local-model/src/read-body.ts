import type { IncomingMessage } from "node:http";
import type { Body, FormFile } from "./question.ts";

/** The body of a request: a JSON object, or the fields of a form, those of one name as a list. `undefined` for any other. */
export async function readBody(request: IncomingMessage): Promise<Body | undefined> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  const type = request.headers["content-type"] ?? "";
  return type.startsWith("multipart/form-data") ? readForm(bytes, type) : parseObject(bytes.toString("utf8"));
}

async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Body | undefined> {
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData().catch(() => undefined);
  if (form === undefined) return undefined;
  const fields = new Map<string, unknown[]>();
  for (const [name, value] of form) fields.set(name, [...(fields.get(name) ?? []), await readField(value)]);
  return Object.fromEntries(Array.from(fields, ([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

async function readField(value: string | File): Promise<string | FormFile> {
  if (typeof value === "string") return value;
  return { name: value.name, type: value.type, base64: Buffer.from(await value.arrayBuffer()).toString("base64") };
}

function parseObject(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

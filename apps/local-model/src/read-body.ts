import type { IncomingMessage } from "node:http";
import type { Body } from "./question.ts";

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
  const names = [...new Set(form.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const [first, ...others] = form.getAll(name);
      return [name, others.length === 0 ? first : [first, ...others]];
    }),
  );
}

function parseObject(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

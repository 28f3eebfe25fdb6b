import { invalid } from "./api-error.ts";

export interface Part {
  readonly contentType: string;
  readonly content: Buffer;
}

const endOfHeaders = "\r\n\r\n";

/** The two parts of a `multipart/related` body (RFC 2387), in the framing of RFC 2046. @throws {ApiError} 400 for any other */
export function parseMultipart(contentType: string, body: Buffer): readonly [metadata: Part, media: Part] {
  const [, quoted, plain] = /^multipart\/related\s*;.*?boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw invalid("Bad content type. Please use multipart with a boundary.");
  const delimiter = Buffer.from(`--${boundary}`);
  if (!body.subarray(0, delimiter.length).equals(delimiter)) throw malformed();
  const parts: Part[] = [];
  let start = delimiter.length;
  while (body.toString("latin1", start, start + 2) === "\r\n") {
    const end = body.indexOf(`\r\n--${boundary}`, start);
    if (end === -1) throw malformed();
    parts.push(parsePart(body.subarray(start + 2, end)));
    start = end + 2 + delimiter.length;
  }
  const [metadata, media, ...more] = parts;
  if (body.toString("latin1", start, start + 2) !== "--" || metadata === undefined || media === undefined) {
    throw malformed();
  }
  if (more.length > 0) throw malformed();
  return [metadata, media];
}

function parsePart(part: Buffer): Part {
  const end = part.indexOf(endOfHeaders);
  if (end === -1) throw malformed();
  const [, contentType = ""] = /^content-type:[ \t]*(.*)$/im.exec(part.toString("latin1", 0, end)) ?? [];
  return { contentType: contentType.trim(), content: part.subarray(end + endOfHeaders.length) };
}

function malformed(): Error {
  return invalid("Malformed multipart body.");
}

import type { ImageEditStreamEvent, ImageGenStreamEvent, ImagesResponse } from "openai/resources/images";
import { invalidRequest } from "./api-error.ts";
import type { Task, Work } from "./endpoints.ts";
import { json } from "./exchange.ts";
import { newIdentifier } from "./identifiers.ts";
import { fileMember } from "./question.ts";
import { randomFrom, seedOf } from "./seed.ts";
import { countTokens } from "./tokens.ts";
import { openai } from "./vendors.ts";
import type { ServerSentEvent } from "./wire-format.ts";

/** How every PNG begins. What follows here is noise. */
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** `POST /v1/images/generations` and `…/edits` (platform.openai.com/docs/api-reference/images): the same noise for the same prompt. */
export function draw({ body, behaviour, created, path: [, method] }: Task): Work {
  const { prompt, n = 1, stream, partial_images: partial = 0, response_format: format } = body;
  if (typeof prompt !== "string" || prompt === "") throw invalidRequest("prompt", "prompt must be a text.");
  if (method === "edits" && fileMember(body, "image") === undefined)
    throw invalidRequest("image", "image must be a file.");
  const { stream: _, partial_images: __, image: ___, mask: ____, ...asked } = body;
  const seed = `${JSON.stringify(asked)} ${fileMember(body, "image")} ${fileMember(body, "mask")}`;
  const pictures = Array.from({ length: Number(n) }, (_____, index) => picture(`${seed} ${index}`));
  const input_tokens = countTokens(prompt);
  const told = {
    background: "opaque" as const,
    output_format: "png" as const,
    quality: "low" as const,
    size: "1024x1024" as const,
    usage: {
      input_tokens,
      input_tokens_details: { text_tokens: input_tokens, image_tokens: 0 },
      output_tokens: 272,
      total_tokens: input_tokens + 272,
    },
  };
  if (String(stream) === "true") {
    const events = encodeStream(method === "edits", pictures, Number(partial), { ...told, created_at: created() });
    return { events, encodeFailure: (error) => ({ data: JSON.stringify(openai.encodeError(error)), tokens: 0 }) };
  }
  const data = pictures.map((b64_json) =>
    format === "url" ? { url: `https://images.test/${newIdentifier("img-", 24)}.png?se=soon` } : { b64_json },
  );
  const response: ImagesResponse = { created: created(), ...told, data };
  return { content: json(response), milliseconds: behaviour.firstTokenMs };
}

function picture(seed: string): string {
  const random = randomFrom(seedOf(seed));
  return Buffer.from([...pngSignature, ...Array.from({ length: 200 }, () => Math.floor(random() * 256))]).toString(
    "base64",
  );
}

function* encodeStream(
  isEdit: boolean,
  pictures: readonly string[],
  partial: number,
  { usage, ...told }: Omit<Extract<ImageGenStreamEvent, { type: "image_generation.completed" }>, "type" | "b64_json">,
): Generator<ServerSentEvent> {
  const encode = (event: ImageGenStreamEvent | ImageEditStreamEvent) => ({
    event: event.type,
    data: JSON.stringify(event),
    tokens: 1,
  });
  for (const b64_json of pictures) {
    for (let partial_image_index = 0; partial_image_index < partial; partial_image_index++) {
      const type = isEdit ? "image_edit.partial_image" : "image_generation.partial_image";
      yield encode({ type, b64_json: b64_json.slice(0, 32), partial_image_index, ...told });
    }
    const type = isEdit ? "image_edit.completed" : "image_generation.completed";
    yield encode({ type, b64_json, ...told, usage });
  }
}

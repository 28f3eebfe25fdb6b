import { createHash } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";

/** A request, as far as it matters here. */
interface Request {
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/** Gives batches of deletions the checksum that older stores insist on. Amazon takes any, and the SDK has given up this one. */
export function addContentMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (call) => {
        if (commandName === "DeleteObjectsCommand") {
          const { headers, body } = call.request as Request;
          headers["content-md5"] = createHash("md5").update(body).digest("base64");
        }
        return next(call);
      },
    // When the body is there, and the signature is not.
    { step: "build", name: "contentMd5" },
  );
}

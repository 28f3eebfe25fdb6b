import type { Socket } from "node:net";
import type { RedisCredentials } from "./credentials.ts";

/** Signs a connection in on which nothing has been sent yet. @throws {Error} in the words of the server, when it refuses */
export function authenticate(stream: Socket, { username, password }: RedisCredentials): Promise<void> {
  return new Promise((resolve, reject) => {
    let reply = "";
    const done = (error?: Error) => {
      stream.off("data", receive).off("error", done).off("close", closed).pause();
      if (error === undefined) resolve();
      else reject(error);
    };
    const closed = () => done(new Error("Redis closed the connection while it was being signed in"));
    const receive = (data: Buffer) => {
      reply += data.toString();
      // The one line that answers; the server says nothing of its own accord before it is asked more.
      if (reply.endsWith("\r\n")) done(reply.startsWith("+OK") ? undefined : new Error(reply.slice(1).trim()));
    };
    stream.on("data", receive).on("error", done).on("close", closed);
    const parts = ["AUTH", ...(username === undefined ? [] : [username]), password];
    const encoded = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
    stream.write(`*${parts.length}\r\n${encoded.join("")}`);
  });
}

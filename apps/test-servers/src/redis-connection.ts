import { connect, type NetConnectOpts, type Socket } from "node:net";

/** What a Redis server answers: text, a number, nothing, or a list of these. */
export type RedisReply = string | number | undefined | readonly RedisReply[];

/** Where to send a command, and the password that opens the way. */
export interface RedisAddress {
  readonly connect: NetConnectOpts | (() => Socket);
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

// Longer than any command of a test takes, on a busy machine too.
const longestReply = 15_000;

/**
 * Runs one command over a connection of its own, so that it works after whatever a test did to the others.
 *
 * @throws with the server's words when it refuses, and when it does not answer within 15 s.
 */
export async function runRedisCommand(address: RedisAddress, command: readonly string[]): Promise<RedisReply> {
  const { username, password } = address;
  const login = password === undefined ? [] : [["AUTH", ...(username ? [username] : []), password]];
  const socket = typeof address.connect === "function" ? address.connect() : connect(address.connect);
  socket.setTimeout(longestReply, () => socket.destroy(new Error(`Redis did not answer within ${longestReply} ms`)));
  socket.write([...login, command].map(encodeCommand).join(""));
  try {
    const replies = await readReplies(socket, login.length + 1);
    const refusal = replies.find((reply) => reply instanceof Error);
    if (refusal !== undefined) throw refusal;
    return withoutErrors(replies.at(-1));
  } finally {
    socket.destroy();
  }
}

function encodeCommand(parts: readonly string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join("")}`;
}

type Parsed = string | number | undefined | Error | readonly Parsed[];

async function readReplies(socket: Socket, count: number): Promise<readonly Parsed[]> {
  let received = Buffer.alloc(0);
  for await (const piece of socket) {
    received = Buffer.concat([received, piece as Buffer]);
    const replies = parseMany(received, 0, count);
    if (replies !== undefined) return replies.value;
  }
  throw new Error("Redis closed the connection before it answered");
}

/** A reply and where it ends, or `undefined` while a part of it is missing. */
interface Read<Value> {
  readonly value: Value;
  readonly end: number;
}

function parseMany(bytes: Buffer, start: number, count: number): Read<readonly Parsed[]> | undefined {
  const value: Parsed[] = [];
  let end = start;
  for (let read = 0; read < count; read++) {
    const next = parseReply(bytes, end);
    if (next === undefined) return undefined;
    value.push(next.value);
    end = next.end;
  }
  return { value, end };
}

/** RESP2: https://redis.io/docs/latest/develop/reference/protocol-spec */
function parseReply(bytes: Buffer, start: number): Read<Parsed> | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd === -1) return undefined;
  const kind = String.fromCharCode(bytes[start] ?? 0);
  const line = bytes.toString("utf8", start + 1, lineEnd);
  const end = lineEnd + 2;
  if (kind === "+") return { value: line, end };
  if (kind === "-") return { value: new Error(line), end };
  const number = Number(line);
  if (kind === ":") return { value: number, end };
  if (number === -1) return { value: undefined, end };
  if (kind === "*") return parseMany(bytes, end, number);
  if (kind !== "$") throw new Error(`Redis answered in a protocol other than RESP2: ${kind}`);
  const textEnd = end + number;
  return bytes.length < textEnd + 2 ? undefined : { value: bytes.toString("utf8", end, textEnd), end: textEnd + 2 };
}

/** An error within a list, of an EXEC say, is a failure as well. */
function withoutErrors(reply: Parsed): RedisReply {
  if (reply instanceof Error) throw reply;
  return isList(reply) ? reply.map(withoutErrors) : reply;
}

function isList(reply: Parsed): reply is readonly Parsed[] {
  return Array.isArray(reply);
}

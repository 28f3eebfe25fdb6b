import { type BlobContents, CanonicalWriter, type Piece, type ValuePiece } from "./canonical-writer.ts";

/**
 * Hands the canonical form of `value` to `use`, which must not keep the bytes: they are reused. It does so before it returns, unless
 * the value holds a `Blob`, whose content has to be read first.
 *
 * @throws {TypeError} for what has no canonical form (functions, symbols, cycles, class instances, integers that JSON
 * would not carry), naming the path and never the value.
 */
export function withCanonicalForm<Result>(
  value: unknown,
  root: string,
  use: (bytes: Uint8Array<ArrayBuffer>) => Result,
): Result | Promise<Awaited<Result>> {
  return withPieces([{ value, path: [root] }], use);
}

/** As `withCanonicalForm`, for a form of several pieces, one after another. */
export function withPieces<Result>(
  pieces: readonly Piece[],
  use: (bytes: Uint8Array<ArrayBuffer>) => Result,
): Result | Promise<Awaited<Result>> {
  return write(pieces, undefined, (writer) => useOrRead(writer, pieces, use));
}

/** As `withPieces` for each of some values, all between the same two pieces: the one before them is written once. */
export function withEach<Result>(
  before: Uint8Array,
  values: readonly ValuePiece[],
  after: Uint8Array,
  use: (bytes: Uint8Array<ArrayBuffer>) => Result,
): (Result | Promise<Awaited<Result>>)[] {
  return write([before], undefined, (writer) =>
    values.map((value) => {
      writer.backTo(before.length);
      writer.piece(value);
      writer.piece(after);
      return useOrRead(writer, [before, value, after], use);
    }),
  );
}

/** The canonical form of a text. */
export function encodeCanonical(text: string): Uint8Array {
  return write([{ value: text, path: ["text"] }], undefined, (writer) => writer.bytes().slice());
}

/** Uses a form that was written, or reads the blobs that it lacks and writes it again. */
function useOrRead<Result>(
  writer: CanonicalWriter,
  pieces: readonly Piece[],
  use: (bytes: Uint8Array<ArrayBuffer>) => Result,
): Result | Promise<Awaited<Result>> {
  const unread = writer.takeUnread();
  return unread === undefined ? use(writer.bytes()) : withBlobs(pieces, unread, use);
}

async function withBlobs<Result>(
  pieces: readonly Piece[],
  unread: readonly Blob[],
  use: (bytes: Uint8Array<ArrayBuffer>) => Result,
): Promise<Awaited<Result>> {
  const contents = new Map<Blob, Uint8Array>();
  for (const blob of unread) if (!contents.has(blob)) contents.set(blob, new Uint8Array(await blob.arrayBuffer()));
  return await write(pieces, contents, (writer) => use(writer.bytes()));
}

/** @param blobs the contents of all blobs of the values; `undefined` to find out which they hold */
function write<Result>(
  pieces: readonly Piece[],
  blobs: BlobContents | undefined,
  use: (writer: CanonicalWriter) => Result,
): Result {
  const writer = scratch.pop() ?? new CanonicalWriter();
  try {
    writer.begin(blobs);
    for (const piece of pieces) writer.piece(piece);
    return use(writer);
  } finally {
    if (writer.reusable()) scratch.push(writer);
  }
}

/** Idle writers. More than one is needed only where a getter of a value derives a key of its own. */
const scratch: CanonicalWriter[] = [];

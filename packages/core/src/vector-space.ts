import { describeType } from "./describe-type.ts";

/** Longer names of embedders are abbreviated by their owner: stores allow names of about 250 characters. */
const mostEmbedderCharacters = 80;

/**
 * A name for the vectors that can be compared with each other, `text-embedding-3-small-1536-v1` say: those of one embedder, of one length, in one
 * `version` of how a store keeps them. Of `a-z A-Z 0-9 . - _`, and different for whatever differs.
 *
 * @throws {TypeError} for what is no name of an embedder, or has more than 80 characters, and for `dimensions` that are no whole number above 0
 */
export function vectorSpaceName(
  owner: string,
  {
    embedder,
    dimensions,
    version,
  }: { readonly embedder: string; readonly dimensions: number; readonly version: number },
): string {
  if (typeof embedder !== "string" || embedder === "" || embedder.length > mostEmbedderCharacters)
    throw new TypeError(
      `${owner}: embedder must be the name of the model that makes the vectors, of 1 to ${mostEmbedderCharacters} characters, got ${describeType(embedder)}`,
    );
  if (!Number.isInteger(dimensions) || dimensions < 1)
    throw new TypeError(`${owner}: dimensions must be a whole number above 0, got ${describeType(dimensions)}`);
  const unsafe = (character: string) => `_${character.codePointAt(0)?.toString(16)}_`;
  return `${embedder.replaceAll(/[^a-zA-Z0-9.-]/gu, unsafe)}-${dimensions}-v${version}`;
}

/**
 * A copy of the vector with length 1, so that a dot product is a cosine.
 *
 * @throws {TypeError} for another number of dimensions, and for a vector without a direction: zeros, or what is not finite.
 */
export function unitVector(vector: Float32Array, dimensions: number): Float32Array {
  if (Object.prototype.toString.call(vector) !== "[object Float32Array]")
    throw new TypeError(`vector must be a Float32Array, got ${describeType(vector)}`);
  if (vector.length !== dimensions)
    throw new TypeError(`vector must have ${dimensions} dimensions, got ${vector.length}`);
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (!(length > 0 && length < Infinity)) throw new TypeError("vector must be finite and must not be all zeros");
  return vector.map((value) => value / length);
}

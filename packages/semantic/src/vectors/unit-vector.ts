import { describeType } from "../describe-type.ts";

/**
 * A copy of the vector with length 1, so that a dot product is a cosine.
 *
 * @throws {TypeError} for another number of dimensions, and for a vector without a direction: zeros, or what is not finite.
 */
export function unitVector(vector: Float32Array, dimensions: number): Float32Array {
  if (Object.prototype.toString.call(vector) !== "[object Float32Array]") {
    throw new TypeError(`vector must be a Float32Array, got ${describeType(vector)}`);
  }
  if (vector.length !== dimensions) {
    throw new TypeError(`vector must have ${dimensions} dimensions, got ${vector.length}`);
  }
  const length = Math.sqrt(dot(vector, vector));
  if (!(length > 0 && length < Infinity)) throw new TypeError("vector must be finite and must not be all zeros");
  return vector.map((value) => value / length);
}

/** The dot product, summed in double precision from the first to the last: the same for the same vectors. */
export function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] as number) * (right[index] as number);
  return sum;
}

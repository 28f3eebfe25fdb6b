import { type Kernel, laneGroup } from "./scan.ts";

/**
 * How many rows a block has: few, because most scopes hold a handful of prompts and own whole blocks; not fewer, because a block is
 * one call of the kernel.
 */
export const rowsPerBlock = 8;

/** How many blocks share an allocation of floats. */
const blocksPerSlab = 16;

/** int16 has room for this much; a query is scaled to it where the sum of all products allows. */
const largestInt16 = 32_767;
const largestInt8 = 127;

/** Rounding of the few floating-point steps between the integers and a bound; it is never as much. */
const roundingSlack = 1e-6;

/** A query as the kernel wants it, and what its rounding costs. */
export interface ScaledQuery {
  readonly scale: number;
  /** The length of what rounding took from it. */
  readonly error: number;
}

/**
 * Vectors in blocks of rows. In the kernel's memory a block has its rows as int8, then for each row its scale and the length of its
 * rounding error, so that |true score - estimate| has a bound that is known. The rows as float32, for the true score, lie elsewhere:
 * between them, a scan would run at half the speed.
 */
export class VectorBlocks {
  readonly blockBytes: number;
  readonly kind: Kernel["kind"];
  /** The scores that the last `scan` gave the rows of its block. In arrays, for numbers that a function returns are garbage of each row. */
  readonly estimates: Float64Array = new Float64Array(rowsPerBlock);
  readonly slacks: Float64Array = new Float64Array(rowsPerBlock);
  readonly #kernel: Kernel;
  readonly #dimensions: number;
  readonly #stride: number;
  readonly #scalesAt: number;
  readonly #scannedBytes: number;
  readonly #queryLimit: number;
  readonly #queryAt: number = 0;
  readonly #scoresAt: number;
  readonly #firstBlockAt: number;
  readonly #slabs: Float32Array[] = [];
  readonly #free: number[] = [];
  #blocks = 0;
  #bytes!: Int8Array;
  #halves!: Int16Array;
  #words!: Int32Array;
  #doubles!: Float64Array;

  constructor(dimensions: number, kernel: Kernel) {
    this.#kernel = kernel;
    this.kind = kernel.kind;
    this.#dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / laneGroup) * laneGroup;
    this.#scalesAt = rowsPerBlock * this.#stride;
    this.#scannedBytes = this.#scalesAt + rowsPerBlock * 16;
    this.blockBytes = this.#scannedBytes + rowsPerBlock * dimensions * 4;
    // |sum| <= dimensions * limit * 127 must stay within 31 bits.
    this.#queryLimit = Math.min(largestInt16, Math.floor((2 ** 31 - 1) / (this.#stride * largestInt8)));
    if (this.#queryLimit < largestInt8) throw new TypeError(`dimensions must be fewer than ${dimensions}`);
    this.#scoresAt = this.#stride * 2;
    this.#firstBlockAt = this.#scoresAt + rowsPerBlock * 16;
    kernel.grow(this.#firstBlockAt);
    this.#look();
  }

  /** A block that nobody else has. @throws {RangeError} where the runtime has no more memory. */
  allocate(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const block = this.#blocks;
    const end = this.#scannedAt(block + 1);
    if (end > this.#kernel.buffer().byteLength) {
      // By a quarter at a time, so that filling it is linear.
      this.#kernel.grow(end + Math.floor(end / 4));
      this.#look();
    }
    const slab = Math.floor(block / blocksPerSlab);
    this.#slabs[slab] ??= new Float32Array(blocksPerSlab * rowsPerBlock * this.#dimensions);
    this.#blocks++;
    return block;
  }

  free(block: number): void {
    this.#free.push(block);
  }

  /** Writes a vector of length 1 into a row. */
  write(block: number, row: number, vector: Float32Array): void {
    const { scale, error } = quantize(vector, largestInt8, this.#bytes, this.#byteAt(block, row));
    this.#floats(block).set(vector, this.#floatAt(block, row));
    this.#doubles[this.#scaleAt(block, row)] = scale;
    this.#doubles[this.#scaleAt(block, row) + 1] = error;
  }

  /** Makes a row the same as another. */
  copy(fromBlock: number, fromRow: number, block: number, row: number): void {
    const source = this.#byteAt(fromBlock, fromRow);
    this.#bytes.copyWithin(this.#byteAt(block, row), source, source + this.#stride);
    const floatsAt = this.#floatAt(fromBlock, fromRow);
    const floats = this.#floats(fromBlock).subarray(floatsAt, floatsAt + this.#dimensions);
    this.#floats(block).set(floats, this.#floatAt(block, row));
    const scale = this.#scaleAt(fromBlock, fromRow);
    this.#doubles.copyWithin(this.#scaleAt(block, row), scale, scale + 2);
  }

  /** Puts a vector of length 1 where `scan` reads its query. */
  setQuery(vector: Float32Array): ScaledQuery {
    return quantize(vector, this.#queryLimit, this.#halves, this.#queryAt / 2);
  }

  /**
   * Scores the first rows of a block, into `estimates`, and how far each may be off, into `slacks`: a·b - a'·b' = (a - a')·b' + a·(b - b'),
   * where |a| = 1 and |b'| is at most 1 and its error (Cauchy and Schwarz).
   */
  scan(block: number, rows: number, query: ScaledQuery): void {
    this.#kernel.scan(this.#queryAt, this.#scannedAt(block), rows, this.#stride, this.#scoresAt);
    const scoresAt = this.#scoresAt / 4;
    const scaleAt = this.#scaleAt(block, 0);
    for (let row = 0; row < rows; row++) {
      const scale = this.#doubles[scaleAt + row * 2] as number;
      const error = this.#doubles[scaleAt + row * 2 + 1] as number;
      this.estimates[row] = (this.#words[scoresAt + row] as number) * query.scale * scale;
      this.slacks[row] = error + query.error * (1 + error) + roundingSlack;
    }
  }

  /** The dot product of a row with a vector, in double precision. */
  score(block: number, row: number, vector: Float32Array): number {
    const floats = this.#floats(block);
    const start = this.#floatAt(block, row);
    let sum = 0;
    for (let index = 0; index < this.#dimensions; index++) {
      sum += (vector[index] as number) * (floats[start + index] as number);
    }
    return sum;
  }

  #scannedAt(block: number): number {
    return this.#firstBlockAt + block * this.#scannedBytes;
  }

  #byteAt(block: number, row: number): number {
    return this.#scannedAt(block) + row * this.#stride;
  }

  #scaleAt(block: number, row: number): number {
    return (this.#scannedAt(block) + this.#scalesAt) / 8 + row * 2;
  }

  #floats(block: number): Float32Array {
    return this.#slabs[Math.floor(block / blocksPerSlab)] as Float32Array;
  }

  #floatAt(block: number, row: number): number {
    return ((block % blocksPerSlab) * rowsPerBlock + row) * this.#dimensions;
  }

  /** Views of a memory are good until it grows. */
  #look(): void {
    const buffer = this.#kernel.buffer();
    this.#bytes = new Int8Array(buffer);
    this.#halves = new Int16Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#doubles = new Float64Array(buffer);
  }
}

/** Writes the vector as integers up to `limit`: vector ≈ scale · integers. */
function quantize(vector: Float32Array, limit: number, target: Int8Array | Int16Array, at: number): ScaledQuery {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  const scale = largest / limit;
  let squares = 0;
  for (let index = 0; index < vector.length; index++) {
    const value = vector[index] as number;
    const integer = Math.round(value / scale);
    target[at + index] = integer;
    squares += (value - integer * scale) ** 2;
  }
  return { scale, error: Math.sqrt(squares) };
}

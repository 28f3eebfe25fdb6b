import { encodeScanModule } from "./scan-module.ts";

/** Both kernels read whole groups of this many dimensions; what a vector lacks of the last one is zeros. */
export const laneGroup = 16;

/**
 * Writes the integer dot product of the query (int16) with each of `count` rows (int8) of `stride` dimensions to `scores` (int32).
 * All are addresses in the kernel's memory. No sum may leave 32 bits: that is for whoever scales the query to see to.
 */
export type Scan = (query: number, rows: number, count: number, stride: number, scores: number) => void;

/** The memory that vectors live in, and what scans it. */
export interface Kernel {
  readonly kind: "simd" | "plain";
  /** The memory as it is now: `grow` makes the buffer that was here before useless. */
  readonly buffer: () => ArrayBuffer;
  /** Makes the memory at least this long. @throws {RangeError} where the runtime has no more. */
  readonly grow: (bytes: number) => void;
  readonly scan: Scan;
}

/** The fastest kernel that this runtime allows. Some forbid WebAssembly that is made at run time. */
export function makeKernel(): Kernel {
  try {
    return simdKernel();
  } catch {
    return plainKernel();
  }
}

const pageBytes = 65_536;

/** @throws where the runtime has no WebAssembly SIMD, or does not let it be made at run time. */
export function simdKernel(): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encodeScanModule()), { environment: { memory } });
  return {
    kind: "simd",
    buffer: () => memory.buffer,
    grow(bytes) {
      const missing = bytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    },
    scan: exports["scan"] as Scan,
  };
}

/** The same in plain JavaScript, bit for bit. */
export function plainKernel(): Kernel {
  let buffer = new ArrayBuffer(pageBytes);
  let bytes = new Int8Array(buffer);
  let halves = new Int16Array(buffer);
  let words = new Int32Array(buffer);
  return {
    kind: "plain",
    buffer: () => buffer,
    grow(length) {
      if (length <= buffer.byteLength) return;
      buffer = buffer.transfer(Math.ceil(length / pageBytes) * pageBytes);
      bytes = new Int8Array(buffer);
      halves = new Int16Array(buffer);
      words = new Int32Array(buffer);
    },
    scan(query, rows, count, stride, scores) {
      const queryAt = query / 2;
      for (let row = 0; row < count; row++) {
        const rowAt = rows + row * stride;
        let sum = 0;
        for (let index = 0; index < stride; index++) {
          sum += (halves[queryAt + index] as number) * (bytes[rowAt + index] as number);
        }
        words[scores / 4 + row] = sum;
      }
    },
  };
}

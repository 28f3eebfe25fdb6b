/**
 * The WebAssembly module that scores rows of int8 vectors against one int16 query, 16 dimensions at a time.
 *
 * It is written out here instruction by instruction, so that what runs can be read: no compiler, no blob. In words:
 *
 *     scan(query, rows, count, stride, scores):
 *       while count > 0:
 *         sums = [0, 0, 0, 0]; end = rows + stride; at = query
 *         do:
 *           sums += dot(int16x8 at `at`,      int8x8 at `rows`,     widened)
 *           sums += dot(int16x8 at `at` + 16, int8x8 at `rows` + 8, widened)
 *           at += 32; rows += 16
 *         while rows < end
 *         store sums[0] + sums[1] + sums[2] + sums[3] at `scores`
 *         scores += 4; count -= 1
 *
 * Encoding: WebAssembly core specification 2.0, chapter 5 (binary format) and section 5.4.9 (vector instructions).
 */
export function encodeScanModule(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d], // "\0asm"
    ...[0x01, 0x00, 0x00, 0x00], // version 1
    ...section(1, vector([[0x60, ...vector([[i32], [i32], [i32], [i32], [i32]]), ...vector([])]])),
    ...section(2, vector([[...name("environment"), ...name("memory"), 0x02, 0x00, ...unsigned(1)]])),
    ...section(3, vector([unsigned(0)])),
    ...section(7, vector([[...name("scan"), 0x00, ...unsigned(0)]])),
    ...section(10, vector([sized([...locals, ...body, end])])),
  ]);
}

type Bytes = readonly number[];

const i32 = 0x7f;
const v128 = 0x7b;
const end = 0x0b;

// Parameters come first, then the locals.
const [query, rows, count, stride, scores, rowEnd, at, sums] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const locals: Bytes = vector([
  [...unsigned(2), i32],
  [...unsigned(1), v128],
]);

const addI32 = 0x6a;
const subtractI32 = 0x6b;
const lessUnsigned = 0x49;
const isZero = 0x45;

const get = (local: number): Bytes => [0x20, ...unsigned(local)];
const set = (local: number): Bytes => [0x21, ...unsigned(local)];
const constant = (value: number): Bytes => [0x41, ...signed(value)];
const increase = (local: number, by: number): Bytes => [...get(local), ...constant(by), addI32, ...set(local)];
const block = (inside: Bytes): Bytes => [0x02, 0x40, ...inside, end];
const loop = (inside: Bytes): Bytes => [0x03, 0x40, ...inside, end];
const branch = (depth: number): Bytes => [0x0c, ...unsigned(depth)];
const branchIf = (depth: number): Bytes => [0x0d, ...unsigned(depth)];
const simd = (opcode: number, ...immediates: number[]): Bytes => [0xfd, ...unsigned(opcode), ...immediates];

/** Nothing is assumed of addresses: alignment 0 is a hint of 1 byte. */
const at0 = (offset: number): number[] => [0x00, ...unsigned(offset)];
const loadVector = (offset: number): Bytes => simd(0, ...at0(offset));
/** Eight int8, widened to int16. */
const loadWidened = (offset: number): Bytes => simd(1, ...at0(offset));
const zeros: Bytes = simd(12, ...Array.from({ length: 16 }, () => 0));
const lane = (index: number): Bytes => simd(27, index);
const addLanes: Bytes = simd(174);
/** int16x8 times int16x8, neighbours added: int32x4. */
const dotLanes: Bytes = simd(186);
const storeI32: Bytes = [0x36, ...at0(0)];

const addProducts = (queryOffset: number, rowOffset: number): Bytes => [
  ...get(sums),
  ...[...get(at), ...loadVector(queryOffset)],
  ...[...get(rows), ...loadWidened(rowOffset)],
  ...[...dotLanes, ...addLanes, ...set(sums)],
];

const scoreRow: Bytes = [
  ...[...zeros, ...set(sums)],
  ...[...get(rows), ...get(stride), addI32, ...set(rowEnd)],
  ...[...get(query), ...set(at)],
  ...loop([
    ...addProducts(0, 0),
    ...addProducts(16, 8),
    ...increase(at, 32),
    ...increase(rows, 16),
    ...[...get(rows), ...get(rowEnd), lessUnsigned, ...branchIf(0)],
  ]),
  ...get(scores),
  ...[...get(sums), ...lane(0), ...get(sums), ...lane(1), addI32],
  ...[...get(sums), ...lane(2), addI32, ...get(sums), ...lane(3), addI32],
  ...storeI32,
];

const body: Bytes = block(
  loop([
    ...[...get(count), isZero, ...branchIf(1)],
    ...scoreRow,
    ...increase(scores, 4),
    ...[...get(count), ...constant(1), subtractI32, ...set(count)],
    ...branch(0),
  ]),
);

function section(id: number, content: Bytes): Bytes {
  return [id, ...sized(content)];
}

function sized(content: Bytes): Bytes {
  return [...unsigned(content.length), ...content];
}

function vector(items: readonly Bytes[]): Bytes {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): Bytes {
  return sized([...new TextEncoder().encode(text)]);
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

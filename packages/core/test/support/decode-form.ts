/**
 * Reads a canonical form back. That this can be done at all is what keeps two values from sharing one: the encoding loses nothing.
 */
export function decodeForm(form: Uint8Array): unknown {
  const view = new DataView(form.buffer, form.byteOffset, form.length);
  let position = 0;
  const take = (length: number): Uint8Array<ArrayBuffer> =>
    new Uint8Array(form.subarray(position, (position += length)));
  const number = (): number => view.getFloat64((position += 8) - 8);
  const count = (): number => view.getUint32((position += 4) - 4);
  const times = <Item>(read: () => Item): Item[] => Array.from({ length: count() }, read);
  const text = (): string => value() as string;
  const readers: readonly (() => unknown)[] = [
    () => null,
    () => false,
    () => true,
    number,
    () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(take(count())),
    () => Buffer.from(take(count())).swap16().toString("utf16le"),
    () => times(value),
    () => Object.fromEntries(times(() => [text(), value()])),
    () => take(count()),
    (): unknown => {
      const type = text();
      const memory = value() as Uint8Array<ArrayBuffer>;
      return Reflect.construct(Reflect.get(globalThis, type) as Int8ArrayConstructor, [memory.buffer]);
    },
    () => new Blob([value() as string, value() as Uint8Array<ArrayBuffer>]),
    () => new Date(number()),
    () => new URL(text()),
    () => BigInt(text()),
    () => new Map(times(() => [value(), value()])),
    () => new Set(times(value)),
    () => undefined,
  ];
  const value = (): unknown => readers[view.getUint8(position++)]?.();
  const decoded = value();
  if (position !== form.length) throw new RangeError("something follows the outermost value");
  return decoded;
}

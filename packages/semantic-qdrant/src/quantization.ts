import type { Schemas } from "@qdrant/js-client-rest";

/** How the vectors that a search goes through are kept in memory; those that come of it are then scored by the originals. */
export type Quantization = "scalar" | "binary" | "product" | "none";

/**
 * How many more candidates than asked for are scored by their originals: the coarser the vectors, the more. By these, of the ten nearest among
 * 3 000 random vectors at least 98 in 100 are found, with 48 numbers and with 384.
 */
const oversampling: Readonly<Record<Quantization, number>> = { scalar: 4, binary: 128, product: 16, none: 1 };

/** How many candidates the walk through the index keeps: with Qdrant's own 100 it finds 98 in 100 of them even where nothing is quantized. */
const candidates = 256;

/* oxlint-disable typescript/no-deprecated -- what is in place of always_ram is not known to servers before 1.18, which would leave the vectors on disk */
const configs: Readonly<Record<Exclude<Quantization, "none">, Schemas["QuantizationConfig"]>> = {
  // A byte for a number. The outermost hundredth of the values would stretch the scale for all others.
  scalar: { scalar: { type: "int8", quantile: 0.99, always_ram: true } },
  binary: { binary: { always_ram: true } },
  product: { product: { compression: "x16", always_ram: true } },
};
/* oxlint-enable typescript/no-deprecated */

export const quantizations: readonly Quantization[] = ["scalar", "binary", "product", "none"];

/** What a collection is made with. */
export function quantizationConfig(quantization: Quantization): Schemas["QuantizationConfig"] | undefined {
  return quantization === "none" ? undefined : configs[quantization];
}

/** How to search: through all vectors as they are, or by the index and the quantized ones, and then by the originals. */
export function searchParams(search: "exact" | "approximate", quantization: Quantization): Schemas["SearchParams"] {
  if (search === "exact") return { exact: true, quantization: { ignore: true } };
  return { hnsw_ef: candidates, quantization: { rescore: true, oversampling: oversampling[quantization] } };
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Beside the workspace. */
const place = join(import.meta.dirname, "../../../../shared/data/semantic");

/** The dimensions of all-MiniLM-L6-v2. */
export const dimensions = 384;

export interface LabelledPrompts {
  readonly texts: readonly string[];
  /** Prompts of one label have one answer. */
  readonly labels: readonly string[];
  readonly vectors: readonly Float32Array[];
}

export interface ParaphrasePair {
  readonly origin: string;
  readonly similar: string;
}

/** Where other people's data is, under their licences: not part of the workspace. `undefined` where it is not on this machine. */
export function dataFolder(): string | undefined {
  return existsSync(place) ? place : undefined;
}

/** CLINC150: queries in 150 intents, each query out of scope a label of its own. */
export function readClinc(data: string): LabelledPrompts {
  const { text, label } = readJson(data, "minilm/clinc150.json") as { text: string[]; label: string[] };
  return { texts: text, labels: label, vectors: readVectors(data, "minilm/clinc150.f16.bin") };
}

/** GPTCache's own benchmark: 999 texts and a paraphrase of each. */
export function readMock(data: string): {
  readonly pairs: readonly ParaphrasePair[];
  readonly origins: readonly Float32Array[];
  readonly similars: readonly Float32Array[];
} {
  const pairs = readJson(data, "gptcache_mock/mock_paraphrases_999.json") as ParaphrasePair[];
  const vectors = readVectors(data, "minilm/gptcache_mock999.f16.bin");
  return { pairs, origins: vectors.slice(0, pairs.length), similars: vectors.slice(pairs.length) };
}

/** 32 pairs of finance questions that must not answer each other. */
export function readFinanceTraps(data: string): { readonly asked: string; readonly stored: string }[] {
  const categories = readJson(data, "traps/finance_adversarial_pairs.json") as { pairs: { a: string; b: string }[] }[];
  return categories.flatMap(({ pairs }) => pairs.map(({ a, b }) => ({ asked: b, stored: a })));
}

/** CANNOT: sentences and their negations. */
export function readNegations(data: string): { readonly asked: string; readonly stored: string }[] {
  const files = [
    "glue_diagnostic",
    "nan_nli",
    "sem_anto_neg",
    "sentiment_labelled_sentences",
    "wikifactcheck_english_1",
  ];
  return files.flatMap((file) => {
    const [, ...lines] = readFileSync(join(data, `cannot/${file}.tsv`), "utf8")
      .trimEnd()
      .split("\n");
    return lines
      .map((line) => line.split("\t"))
      .filter(([, , label]) => label === undefined || label.trim() === "1")
      .map(([stored = "", asked = ""]) => ({ asked, stored }));
  });
}

/** 500 free-form prompts. */
export function readArena(data: string): string[] {
  const lines = readFileSync(join(data, "arena_hard_v0.1.jsonl"), "utf8").trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as { prompt: string }).prompt);
}

function readJson(data: string, file: string): unknown {
  return JSON.parse(readFileSync(join(data, file), "utf8"));
}

/** float16, little-endian, row by row. */
function readVectors(data: string, file: string): Float32Array[] {
  const bytes = readFileSync(join(data, file));
  const halves = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const values = Float32Array.from({ length: 65_536 }, (_, half) => fromHalf(half));
  return Array.from({ length: halves.length / dimensions }, (_, row) =>
    Float32Array.from({ length: dimensions }, (__, index) => values[halves[row * dimensions + index] ?? 0] ?? 0),
  );
}

/** IEEE 754 binary16. */
function fromHalf(half: number): number {
  const sign = half >> 15 === 1 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return exponent === 31 ? Number.NaN : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

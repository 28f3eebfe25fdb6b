import type { Language } from "../languages/language.ts";
import type { FactKind } from "./features.ts";
import type { Lexeme } from "./lexer.ts";

/** Something that a prompt says in figures or number words, and how many lexemes that took. */
export interface Quantity {
  readonly kind: FactKind;
  /** The same for whatever is the same: "2" and "two", "5km" and "5 km", "1,000" and "1000". */
  readonly value: string;
  readonly length: number;
}

/** Reads the quantity that begins at `at`, if one does. Lexemes are in lower case. */
export function readQuantity(lexemes: readonly Lexeme[], at: number, language: Language): Quantity | undefined {
  const lexeme = lexemes[at] as Lexeme;
  switch (lexeme.kind) {
    case "date":
      return { kind: "date", value: normalizeDate(lexeme.text), length: 1 };
    case "time":
      return { kind: "date", value: normalizeTime(lexeme.text), length: 1 };
    case "version":
      return { kind: "version", value: lexeme.text.replace(/^v/, ""), length: 1 };
    case "identifier":
      return { kind: "identifier", value: lexeme.text.replace(/^(\d+)\(([a-z])\)$/, "$1$2"), length: 1 };
    case "money":
      return readMoney(lexemes, at, language);
    case "number":
    case "word":
      return readDate(lexemes, at, language) ?? readNumbered(lexemes, at, language) ?? readAlone(lexeme, language);
    default:
      return undefined;
  }
}

interface ReadNumber {
  readonly value: number;
  readonly length: number;
  readonly isOrdinal: boolean;
}

function readMoney(lexemes: readonly Lexeme[], at: number, { currencies, multipliers }: Language): Quantity {
  const { text } = lexemes[at] as Lexeme;
  const letters = /[kmb]n?$/.exec(text)?.[0];
  const attached =
    letters === undefined ? 1 : (multipliers.get({ k: "k", m: "million", b: "billion" }[letters] ?? letters) ?? 1);
  const next = multipliers.get(lexemes[at + 1]?.text ?? "");
  const value = parseFigures(text.replaceAll(/[^\d.]/g, "")) * attached * (next ?? 1);
  const currency = currencies.get(text[0] ?? "") ?? text[0];
  return { kind: "money", value: `${currency} ${value}`, length: next === undefined ? 1 : 2 };
}

/** A number and what it counts: a unit, a currency, half a day, or nothing that is known. */
function readNumbered(lexemes: readonly Lexeme[], at: number, language: Language): Quantity | undefined {
  const number = readNumber(lexemes, at, language);
  if (number === undefined) return undefined;
  const { value, length, isOrdinal } = number;
  const next = lexemes[at + length];
  if (isOrdinal || next === undefined) return { kind: "number", value: `${value}${isOrdinal ? "." : ""}`, length };
  const currency = language.currencies.get(next.text);
  if (currency !== undefined) return { kind: "money", value: `${currency} ${value}`, length: length + 1 };
  const clock = /^(?:am|pm)$/.exec(next.text);
  if (clock !== null) return { kind: "date", value: normalizeTime(`${value}${clock[0]}`), length: length + 1 };
  const unit = language.units.get(next.text);
  if (unit !== undefined) {
    const base = Number((value * unit.base).toPrecision(12));
    // "one inch" is "an inch".
    if (value === 1 && unit.standsAlone) return { ...readAlone(next, language), length: length + 1 } as Quantity;
    return {
      kind: "measure",
      value: `${base} ${unit.dimension}${unit.dimension === "temperature" ? value : ""}`,
      length: length + 1,
    };
  }
  if (next.isAttached && next.kind === "word")
    return { kind: "identifier", value: `${value}${next.text}`, length: length + 1 };
  return { kind: "number", value: String(value), length };
}

/** A unit or currency that is named without a number. */
function readAlone({ text }: Lexeme, { units, currencies }: Language): Quantity | undefined {
  const currency = currencies.get(text);
  if (currency !== undefined) return { kind: "money", value: currency, length: 1 };
  const unit = units.get(text);
  return unit?.standsAlone === true
    ? { kind: "measure", value: `${unit.dimension} ${unit.base}`, length: 1 }
    : undefined;
}

/** Figures with multipliers after them, or number words: "2", "1.5 million", "twenty-five", "two hundred and six". */
function readNumber(lexemes: readonly Lexeme[], at: number, language: Language): ReadNumber | undefined {
  const first = lexemes[at] as Lexeme;
  if (first.kind === "number") {
    const isOrdinal = /[a-z]$/.test(first.text);
    const value = parseFigures(first.text.replaceAll(/[a-z]/g, ""));
    const multiplier = language.multipliers.get(lexemes[at + 1]?.text ?? "");
    return multiplier === undefined
      ? { value, length: 1, isOrdinal }
      : { value: value * multiplier, length: 2, isOrdinal: false };
  }
  return readNumberWords(lexemes, at, language);
}

function readNumberWords(lexemes: readonly Lexeme[], at: number, language: Language): ReadNumber | undefined {
  const { numbers, multipliers, ordinals } = language;
  let total = 0;
  let part = 0;
  let length = 0;
  for (; at + length < lexemes.length; length++) {
    const { text } = lexemes[at + length] as Lexeme;
    const ordinal = ordinals.get(text);
    if (ordinal !== undefined && (length === 0 || (part >= 20 && part % 10 === 0))) {
      return { value: total + part + ordinal, length: length + 1, isOrdinal: true };
    }
    const number = numbers.get(text);
    const multiplier = multipliers.get(text);
    const canFollow = part % 10 === 0 && part >= 20 && (number ?? 10) < 10;
    if (number !== undefined && (length === 0 || part % 100 === 0 || canFollow)) part += number;
    else if (multiplier !== undefined && multiplier >= 1000 && length > 0) {
      total += part * multiplier;
      part = 0;
    } else if (multiplier !== undefined && multiplier < 1000) part = Math.max(1, part) * multiplier;
    else if (language.conjunctions.has(text) && part >= 100 && numbers.has(lexemes[at + length + 1]?.text ?? ""))
      continue;
    else break;
  }
  const isAlone = length === 1 && total + part === 1;
  // "one" is a pronoun more often than a number, unless something countable follows.
  const counts =
    language.units.has(lexemes[at + 1]?.text ?? "") || language.currencies.has(lexemes[at + 1]?.text ?? "");
  if (length === 0 || (isAlone && !counts)) return undefined;
  return { value: total + part, length, isOrdinal: false };
}

/** "March 5, 2024", "5th of March", "March 2024", "in May", a weekday. */
function readDate(lexemes: readonly Lexeme[], at: number, language: Language): Quantity | undefined {
  const text = (offset: number) => lexemes[at + offset]?.text ?? "";
  const weekday = language.weekdays.get(text(0));
  if (weekday !== undefined) return { kind: "date", value: weekday, length: 1 };
  const dayFirst = dayOf(lexemes[at + 0]);
  const monthAt = dayFirst === undefined ? 0 : text(1) === "of" ? 2 : 1;
  const month = language.months.get(text(monthAt));
  if (month === undefined) return undefined;
  let length = monthAt + 1;
  const skipComma = () => (text(length) === "," ? 1 : 0);
  const dayAfter = dayFirst === undefined ? dayOf(lexemes[at + length + skipComma()]) : undefined;
  if (dayAfter !== undefined) length += skipComma() + 1;
  const year = yearOf(lexemes[at + length + skipComma()]);
  if (year !== undefined) length += skipComma() + 1;
  const day = dayFirst ?? dayAfter;
  const isSure = day !== undefined || year !== undefined || language.datePrepositions.has(lexemes[at - 1]?.text ?? "");
  if (!isSure && language.ambiguousMonths.has(text(monthAt))) return undefined;
  return { kind: "date", value: `${year ?? ""}-${month}-${day ?? ""}`, length };
}

function dayOf(lexeme: Lexeme | undefined): number | undefined {
  if (lexeme?.kind !== "number") return undefined;
  const day = Number(lexeme.text.replaceAll(/[a-z]/g, ""));
  return Number.isInteger(day) && day >= 1 && day <= 31 ? day : undefined;
}

function yearOf(lexeme: Lexeme | undefined): number | undefined {
  return lexeme?.kind === "number" && /^(?:1[5-9]|2[01])\d\d$/.test(lexeme.text) ? Number(lexeme.text) : undefined;
}

function normalizeDate(text: string): string {
  return text.replaceAll(/\b0+(?=\d)/g, "");
}

function normalizeTime(text: string): string {
  const [, hour = "0", minute = "00", second = "", half = ""] =
    /^(\d+)(?::(\d+))?(?::(\d+))?\s?([ap])?/.exec(text) ?? [];
  if (Number(hour) > (half === "" ? 24 : 12)) return text;
  const hours = half === "" ? Number(hour) : (Number(hour) % 12) + (half === "p" ? 12 : 0);
  return `${hours}:${minute}${second === "" ? "" : `:${second}`}`;
}

function parseFigures(text: string): number {
  const fraction = { "½": 0.5, "¼": 0.25, "¾": 0.75 }[text];
  return fraction ?? Number(text.replaceAll(",", "").replace("−", "-"));
}

import type { Random } from "./seeded.ts";

const names = [
  "no-cache",
  "no-store",
  "ttl",
  "max-age",
  "s-maxage",
  "min-fresh",
  "max-stale",
  "stale-while-revalidate",
  "stale-if-error",
  "only-if-cached",
  "private",
  "__proto__",
  "constructor",
  "scope",
  "use-cache",
  "namespace",
  "s-max-age",
] as const;
const values = [
  "0",
  "60",
  "0.5",
  "-1",
  "1e3",
  "NaN",
  "Infinity",
  "00",
  "9".repeat(400),
  '"60"',
  '"6\\0"',
  '"',
  '"\\"',
  "",
  " ",
  "1 2",
  "a=b",
  "é",
  "\0",
] as const;
const separators = [",", ", ", " ,\t", ",,", ";", " ", "=", "\r\n", "\n"] as const;

/** A header made of what headers are made of, often well formed, sometimes damaged anywhere. */
export function headerOf(random: Random): string {
  const directives = Array.from({ length: random.below(5) }, () => {
    const name = random.pick(names);
    const cased = random.chance(0.2) ? name.toUpperCase() : name;
    const equals = random.pick(["=", "=", "=", " = ", "=="]);
    return random.chance(0.7)
      ? `${cased}${equals}${random.pick(random.chance(0.6) ? values.slice(0, 3) : values)}`
      : cased;
  });
  const header = directives.join(random.chance(0.7) ? ", " : random.pick(separators));
  return random.chance(0.3) ? damaged(header, random) : header;
}

function damaged(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const inserted = random.pick([
    '"',
    "\\",
    ",",
    "=",
    "\0",
    " ",
    "\u{1f600}",
    "\ud800",
    String.fromCharCode(random.below(65_536)),
  ]);
  return text.slice(0, at) + (random.chance(0.5) ? inserted : "") + text.slice(at + random.below(3));
}

const oddities: readonly unknown[] = [
  true,
  false,
  "true",
  "60",
  "5m",
  "-5m",
  "1e3s",
  "",
  " 5s",
  0,
  -1,
  60,
  0.5,
  NaN,
  Infinity,
  -Infinity,
  null,
  undefined,
  [],
  {},
  [60],
  1n,
  Symbol("s"),
  () => 60,
  new Date(60),
  { valueOf: () => 60 },
  "9".repeat(400),
];

/** An object of controls, of values of every type; sometimes no such object at all. */
export function objectOf(random: Random): unknown {
  if (random.chance(0.1)) return random.pick(oddities);
  const members = Array.from({ length: random.below(4) }, () => [random.pick(names), random.pick(oddities)] as const);
  return Object.fromEntries(members);
}

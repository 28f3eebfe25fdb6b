import type { Unit } from "../language.ts";
import { firstOfEach, nameOfWords, words, wordSet } from "../tables.ts";

export const numbers: ReadonlyMap<string, number> = new Map([
  ...words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
  ).map((word, value) => [word, value] as const),
  ...words("twenty thirty forty fifty sixty seventy eighty ninety").map(
    (word, index) => [word, (index + 2) * 10] as const,
  ),
]);

export const multipliers: ReadonlyMap<string, number> = new Map([
  ["dozen", 12],
  ["hundred", 100],
  ["thousand", 1e3],
  ["k", 1e3],
  ["million", 1e6],
  ["mln", 1e6],
  ["billion", 1e9],
  ["bn", 1e9],
  ["trillion", 1e12],
]);

/** Not "first", which says "at first" and "before that" more often than it counts. */
export const ordinals: ReadonlyMap<string, number> = new Map(
  words(
    "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth",
  ).map((word, index) => [word, index + 2] as const),
);

export const months: ReadonlyMap<string, number> = new Map(
  words("january february march april may june july august september october november december").flatMap(
    (word, index) => [
      [word, index + 1] as const,
      [word.slice(0, 3), index + 1] as const,
      ...(word === "september" ? [["sept", 9] as const] : []),
    ],
  ),
);

export const ambiguousMonths: ReadonlySet<string> = wordSet("may march mar jan dec sun sat august");

export const datePrepositions: ReadonlySet<string> = wordSet(
  "in on of until till by since during before after last next this from",
);

/** `dimension alone|counted` and then `base: words`, in each line. What stands alone is a unit without any number. */
const unitLines = `
length alone
1: m meter meters metre metres
1000: km kms kilometer kilometers kilometre kilometres
0.01: cm cms centimeter centimeters centimetre centimetres
0.001: mm millimeter millimeters millimetre millimetres
1609.344: mi mile miles
0.9144: yard yards yd
0.3048: ft foot feet
0.0254: inch inches
1852: nautical
mass alone
1: g gram grams gramme grammes
1000: kg kgs kilo kilos kilogram kilograms
0.001: mg milligram milligrams
1000000: tonne tonnes ton tons
453.59237: lb lbs pound pounds
28.349523125: oz ounce ounces
6350.29318: stone
volume alone
1: l liter liters litre litres
0.001: ml milliliter milliliters millilitre millilitres
0.2365882365: cup cups
3.785411784: gallon gallons gal
0.473176473: pint pints
0.946352946: quart quarts
0.01478676478125: tablespoon tablespoons tbsp
0.00492892159375: teaspoon teaspoons tsp
binary counted
1: bit bits
temperature alone
1: celsius centigrade °c
2: fahrenheit °f
3: kelvin
angle alone
1: degree degrees °
57.29577951308232: radian radians
data alone
1: byte bytes
1000: kb kilobyte kilobytes
1000000: mb megabyte megabytes
1000000000: gb gigabyte gigabytes
1000000000000: tb terabyte terabytes
1048576: mib
1073741824: gib
speed alone
1: mph
0.621371: kph kmh
energy alone
1: calorie calories cal kcal
0.239: kilojoule kilojoules kj
power alone
1: watt watts w
1000: kw kilowatt kilowatts
745.7: hp horsepower
voltage alone
1: volt volts
frequency alone
1: hz hertz
1000000: mhz megahertz
1000000000: ghz gigahertz
area alone
1: acre acres
2.471: hectare hectares
share counted
1: % percent percentage pct
time counted
0.001: ms millisecond milliseconds
1: s sec secs second seconds
60: min mins minute minutes
3600: h hr hrs hour hours
86400: day days
604800: week weeks wk wks
2629746: month months
31556952: year years yr yrs
315569520: decade decades
3155695200: century centuries
`;

export const units: ReadonlyMap<string, Unit> = readUnits(unitLines);

function readUnits(lines: string): ReadonlyMap<string, Unit> {
  const table = new Map<string, Unit>();
  let dimension = "";
  let standsAlone = false;
  for (const line of lines.split("\n")) {
    const [head = "", ...rest] = words(line);
    if (!head.endsWith(":")) {
      dimension = head;
      standsAlone = rest[0] === "alone";
      continue;
    }
    // A single letter is a unit only beside its number.
    const base = Number(head.slice(0, -1));
    for (const word of rest) table.set(word, { dimension, base, standsAlone: standsAlone && word.length > 1 });
  }
  return table;
}

export const currencies: ReadonlyMap<string, string> = new Map([
  ...nameOfWords(`
usd: $ dollar dollars usd buck bucks us$
eur: € euro euros eur
gbp: £ gbp sterling quid
jpy: ¥ yen jpy
inr: ₹ rupee rupees inr
cny: yuan renminbi cny rmb
krw: ₩ krw
mxn: peso pesos mxn
chf: franc francs chf
rub: ₽ ruble rubles rub
cad: cad c$
aud: aud a$
btc: ₿ bitcoin bitcoins btc
eth: ether ethereum eth
sek: krona kronor sek
brl: brl r$
try: lira
usc: cent cents ¢`),
]);

/** Weekdays and their short forms, for dates. */
export const weekdays: ReadonlyMap<string, string> = firstOfEach(`
monday monday mondays mon
tuesday tuesday tuesdays tue tues
wednesday wednesday wednesdays
thursday thursday thursdays thu thur thurs
friday friday fridays fri
saturday saturday saturdays
sunday sunday sundays`);

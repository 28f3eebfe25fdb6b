import { firstOfEach, wordSet } from "../tables.ts";

/** Forms that no rule finds: the base form first. */
const irregular = firstOfEach(`
be am is are was were been being
have has had having
do does did done doing
go goes went gone going
buy bought
sell sold
pay paid
get got gotten getting
give gave given
take took taken
make made
say said
tell told
send sent
spend spent
lend lent
lose lost losing
find found
rise rose risen
fall fell fallen
grow grew grown
know knew known
see saw seen
eat ate eaten
drink drank drunk
drive drove driven
ride rode ridden
fly flew flown
write wrote written
speak spoke spoken
break broke broken
choose chose chosen
begin began begun
run ran
come came
become became
think thought
bring brought
teach taught
catch caught
leave left
keep kept
feel felt
meet met
mean meant
build built
hold held
stand stood
understand understood
forget forgot forgotten
sleep slept
wear wore worn
steal stole stolen
swim swam swum
sing sang sung
throw threw thrown
draw drew drawn
hear heard
lead led
win won
use used using uses
owe owed owing owes
sue sued suing sues
person people persons
child children
man men
woman women
foot feet
tooth teeth
mouse mice
life lives
wife wives
leaf leaves
half halves
datum data
index indices indexes
bus buses
i me my mine myself im
you your yours yourself
we us our ours
they them their theirs
he him his
she her hers
`);

/** Words that end as an inflection does, and have none. */
const uninflected = wordSet(`
news series species always this plus minus bus gas gps ios aws class process access address business express press stress less
unless across loss boss focus status bonus virus campus census menus thus yes its during thing king ring spring string bring sing
wing evening morning nothing something anything everything ceiling wedding need feed seed speed bed shed bleed indeed hundred
sacred basis analysis crisis diagnosis physics mathematics economics politics paris texas arkansas kansas illinois christmas atlas
canvas lens mars venus bias alias dns https css js savings earnings thanks`);

/** One syllable, one vowel, one consonant and a silent `e`, without which it would be another word: `rate`, `plane`. */
const silentE = /^[^aeiouy]*[aeiouy][^aeiouwxy]e$/;

/**
 * What all inflections of a word have in common: plural, third person, past, `-ing`. For comparing, not for reading: some
 * are no words (`charg`). Comparatives are words of their own.
 */
export function englishStem(word: string): string {
  const known = irregular.get(word);
  if (known !== undefined) return known;
  if (word.length < 4 || uninflected.has(word)) return word;
  if (/(?:ied|ies|ie)$/.test(word)) return word.replace(/i(?:ed|es|e)$/, "y");
  if (word.endsWith("s")) return /(?:ss|us|is)$/.test(word) ? word : withoutFinalE(word.slice(0, -1));
  if (word.endsWith("ed") && !word.endsWith("eed")) return withoutEnding(word, 2);
  if (word.endsWith("ing")) return withoutEnding(word, 3);
  return withoutFinalE(word);
}

/** Undoes what the spelling did before `-ed` or `-ing`: a doubled consonant, a dropped `e`. */
function withoutEnding(word: string, length: number): string {
  const rest = word.slice(0, -length);
  if (rest.length < 2 || !/[aeiouy]/.test(rest)) return word;
  if (rest.length > 3 && /(?:([bdgkmnprt])\1|[aeiouy][^aeiouy]+[aeiouy]ll)$/.test(rest)) return rest.slice(0, -1);
  return silentE.test(`${rest}e`) ? `${rest}e` : withoutFinalE(rest);
}

function withoutFinalE(word: string): string {
  return word.length > 3 && word.endsWith("e") && !silentE.test(word) ? word.slice(0, -1) : word;
}

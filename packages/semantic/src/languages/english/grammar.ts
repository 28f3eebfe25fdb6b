import type { QuestionPattern } from "../language.ts";
import { questionPatterns, words, wordSet } from "../tables.ts";

/** Does not occur in other languages of the Latin script, or hardly. */
export const markers: ReadonlySet<string> = wordSet(`
the of and is are was were what how why when where who which with for from this that these those you your my i'm it's don't can't
would could should does did have has been there their they about please tell give`);

export const contractions: ReadonlyMap<string, readonly string[]> = new Map(
  `
can't can not|cannot can not|cant can not|won't will not|wont will not|shan't shall not|ain't is not|let's let us|gonna going to|wanna want to
gotta got to|lemme let me|gimme give me|dunno do not know|y'all you all|whats what is|hows how is|wheres where is|whos who is|thats that is
theres there is|im i am|ive i have|dont do not|doesnt does not|didnt did not|isnt is not|arent are not|wasnt was not|werent were not
hasnt has not|havent have not|couldnt could not|shouldnt should not|wouldnt would not|lets let us|youre you are|theyre they are|whens when is`
    .split(/[|\n]/)
    .filter((line) => line !== "")
    .map((line) => {
      const [short = "", ...long] = words(line);
      return [short, long];
    }),
);

/** Articles and courtesy: with or without them, a prompt is the same. */
export const fillers: ReadonlySet<string> = wordSet(`
a an the please kindly just really actually basically simply maybe perhaps also then so well hey hi hello ok okay thanks thank
oh um uh sir dear some any very quite exactly`);

/** What carries no subject of its own. */
export const functionWords: ReadonlySet<string> = wordSet(`
i me my mine you your we us our he him his she her it its they them their this that these those one ones there here who whom whose which what
when where why how be do have can could will would shall should may might must ought let get got make
and or but if than as at by for from in into of off on onto out over to toward towards up down with within about above across after against
along among around before behind below beneath beside between beyond during except inside like near outside per since through
throughout under until upon via while because although though whether nor not no yes again too only even still already yet
all both each every either neither other another such own same much many more most less least few several
me know want need like wish tell show give say ask let see find help try use mean seem look go come
now today own able possible something anything someone anyone thing way lot kind sort`);

export const prepositions: ReadonlySet<string> = wordSet(`
in on at for from with without by to of about during before after between into through using via per as under over within against
since until while when if because`);

export const conjunctions: ReadonlySet<string> = wordSet("and or & vs versus plus nor");

/** What only asks for what follows it. */
export const openings: readonly string[][] = `
i would like you to tell me|i would like to know|i would like to|i would love to know|i would like you to|i want you to tell me|i want you to
i want to know|i want to find out|i need to know|i need you to tell me|i need you to|i need help with|i was wondering|i am wondering|i wonder|i am curious|i got to know|i have to know|i have a need to know|i must know
can you please tell me|could you please tell me|can you tell me|could you tell me|would you tell me|will you tell me|can you please|could you please|would you please
can you help me|could you help me|can you show me|could you show me|can you let me know|could you let me know|let me know|can you find out|can you give me|could you give me
do you know|do you happen to know|do you think you can|tell me|please tell me|show me|give me|find out|help me|help me to|can you explain|could you explain
i have a question about|quick question|question|can you|could you|would you|will you|would you mind|is it possible for you to|why do not you|can not you|could not you|will not you|would not you
i do not know|i am not sure|i do not understand|i do not remember|i can not remember|i forgot|i am trying to figure out|i am trying to|figure out|explain to me|let us|i need|go ahead and|be so kind as to|tell|to me|find me|remind me|inform me|share with me`
  .split(/[|\n]/)
  .filter((line) => line !== "")
  .map(words)
  .toSorted((left, right) => right.length - left.length);

/** "I need to cancel my order" asks how, or to have it done; "cancel my order" only the latter. */
export const wishes: ReadonlySet<string> = wordSet("i help");

/** Also verbs and adjectives that deny what follows them: "failed to", "unable to". */
export const negations: ReadonlySet<string> = wordSet(`
fail fails failed failing refuse refuses refused unable incapable impossible lack lacks lacked lacking
not no never without none nobody nothing neither nor cannot nowhere hardly barely scarcely rarely seldom non minus except excluding unless`);

export const interjections: ReadonlySet<string> = wordSet("no yes nope yeah yep well now so");

export const idleNegations: readonly string[][] = `
not only|whether or not|or not|no matter|no problem|not to mention|why not|no doubt|nothing but|if not|do not forget|no wonder|no longer than
i do not know|i am not sure|do not know how|do not know what|do not know where|do not know when|do not know which|not sure how|not sure what|not sure where|not sure if
can not wait|i do not remember|i do not understand|i can not remember|i do not have a clue|no idea|no clue|not have a clue|oh no|or no|not sure|not quite sure|not really sure|not too sure|not certain|can not figure out|can not seem|could not figure out`
  .split(/[|\n]/)
  .filter((line) => line !== "")
  .map(words)
  .toSorted((left, right) => right.length - left.length);

/**
 * The first that fits says what is asked. What stands at the start goes before what may stand anywhere, and the longer before the shorter.
 * Words here are as they are written, contractions undone.
 */
export const questions: readonly QuestionPattern[] = questionPatterns(`
compare: compare, ^difference|differences, what is|are the difference|differences, what difference, how do|does|is|are * differ, ^contrast, which is better, what is better, what is the better, pros and cons
why: why, how come, ^reason|reasons, reason|reasons for|that|behind, what is the reason, what causes, what cause, what caused, for what|which reason, what makes, what made
yes-or-no: ^is there a|any way, ^is it possible, ^am i able
frequency: how many times a|per
time: how soon, how long ago
count: how many, ^number of, what is the number of
amount: how much, what is the cost, what is the price, what does * cost, what do * cost
duration: how long, how much time, how many minutes|hours|days|weeks|months|years, what is the duration
frequency: how often, how frequently, how many times
distance: how far, what is the distance, how many miles|kilometers
age: how old, what age
quality: how good, how bad, how low, how well, how safe, how hard, how difficult, how easy, how big, how large, how tall, how high, how deep, how fast, how hot, how cold, how heavy, how expensive, how busy
state: ^how is|are|was|were
manner: ^how, how do|can|could|should|would|might i|you|we|one, best|right|good|easiest|fastest way to, ^ways to, ^steps to|for|required|needed, ^procedure for|to, ^process for|to|of, ^instructions for|on|to, what is the|a way|method|process|procedure|trick, what is the best way, what are the|some steps|ways|instructions, what are the|some directions to, what do|can|could|should|would|must i|you|we|one do, what do i|you|we|one need|have to, what steps, walk me through
time: ^when, what time, what date, what day, at what time, on what day, what year, what month
place: ^where, what place, which place, in what place, what location, in which city|country|state
person: ^who, ^whose, ^whom, what person, which person
list: ^list, ^name, ^enumerate, ^top, ^examples of, what are the top
definition: what is the definition, ^define, what is the meaning, what does * mean, what do * mean, ^meaning of, ^definition of
choice: ^which, which one
opinion: ^should, is it worth, do you recommend, would you recommend
manner: how to
yes-or-no: ^is, ^are, ^was, ^were, ^do, ^does, ^did, ^has, ^have, ^can, ^could, ^will, ^would, ^may, ^am
what: ^what, ^describe, ^explain`);

/** Of questions, those that may be asked in place of each other. */
export const compatibleQuestions: readonly (readonly [string, string])[] = `
what amount|what count|what choice|what person|what place|what time|what definition|what list|what quality|what age|what duration|what distance|what frequency
amount count|choice person|list choice|list count|duration time|duration amount|quality amount|quality yes-or-no|choice place|choice time|choice compare
what opinion|opinion choice|opinion yes-or-no|state what|state quality|state amount|state manner|state yes-or-no|duration frequency|time opinion`
  .split(/[|\n]/)
  .filter((line) => line !== "")
  .map((line) => words(line) as unknown as [string, string]);

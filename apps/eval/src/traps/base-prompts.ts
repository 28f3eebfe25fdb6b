/** Questions that rules turn into traps: what people ask, with the things that traps change. Written for this, by nobody's data. */
export const basePrompts: readonly string[] = [
  ...fill("How long does it take to drive {a} to {b}?", cities()),
  ...fill("What is the distance from {a} to {b}?", cities()),
  ...fill("Find me a flight from {a} to {b} on Friday", cities()),
  ...fill("Is {a} larger than {b}?", cities()),
  ...fill("How do I convert {a} to {b}?", conversions()),
  ...fill("Why did {a} defeat {b} in the final?", pairs("Brazil Italy", "Spain Holland", "Kenya Ghana")),
  ...fill("Does {a} owe money to {b}?", pairs("Alice Bob", "Carol Dave", "Mary John", "Peter Paul")),
  ...each("What was the population of {x} in 2019?", "Norway Chile Vietnam Kenya Canada"),
  ...each("How many people lived in {x} in 1950?", "Paris Lagos Lima Delhi Cairo"),
  ...each("Who won the {x} championship in 2018?", "tennis hockey golf rugby chess"),
  ...each("How do I install {x} 3.2 on my laptop?", "numpy nginx docker redis gimp"),
  ...each("What changed in {x} v2.1.0?", "django react kafka spring vite"),
  ...each("How much is {x} dollars in rupees?", "20 75 120 999 4000"),
  ...each("Is it safe to take {x} mg of this medicine?", "200 400 500 800 1000"),
  ...each("Write a function that returns the {x} largest values", "2 3 5 7 12"),
  ...each("Can I deduct {x} as a business expense?", "meals travel software rent insurance"),
  ...each("What are the {x} of taking a loan before buying a house?", "risks benefits advantages costs reasons"),
  ...each("How can I {x} the price of my product?", "increase lower raise calculate change"),
  ...each("Should I {x} shares before the quarterly report?", "buy sell hold issue transfer"),
  ...each("How do I {x} the firewall on a server?", "enable disable configure install test"),
  ...each("What does `{x}(value)` return?", "parse slice encode match trim"),
  ...each("Why does `const {x} = await load()` throw an error?", "user page item order file"),
  ...each("Explain what {x} means in simple words", "inflation entropy recursion osmosis democracy"),
  ...each("Summarize the plot of {x}", "Hamlet Macbeth Othello Faust Emma"),
  ...each("Give me a recipe for {x} with cheese", "pasta pizza soup lasagna bread"),
  ...each("Is {x} allowed with a tourist visa?", "working studying driving volunteering renting"),
  ...each("When does the {x} open on Monday?", "museum library bank pool market"),
  ...each("What happens if I am late with my {x} payment?", "rent mortgage loan tax insurance"),
  ...each("How do I translate {x} into Spanish?", "bread winter friend thunder garden"),
  ...each("Who is the president of {x}?", "France Mexico Kenya Poland Peru"),
  ...each("What is the best way to learn {x} quickly?", "piano chess coding cooking drawing"),
  ...each('What does the phrase "{x}" mean?', "break-a-leg red-herring white-lie cold-feet long-shot"),
  ...each("Which page of https://example.com/docs/{x} describes the limits?", "api auth files users search"),
  ...crossed(
    "How do I {a} {b}?",
    "clean repair store sell ship paint measure insure carry photograph value donate",
    "a bicycle,a camera,an old piano,wooden floors,a leather sofa,silver cutlery,a wool coat,a marble table,garden tools,a glass door",
  ),
  ...crossed(
    "What is the {a} of {b}?",
    "price origin weight chemistry history future",
    "olive oil,cane sugar,solar panels,green tea,volcanic soil,carbon fibre,sea salt,candle wax,rice paper",
  ),
  ...crossed(
    "Why is {a} {b}?",
    "honey steel coffee cotton",
    "expensive in winter,popular with students,bad for fish,used in medicine",
  ),
  ...crossed(
    "Where can I {a} {b}?",
    "find study rent recycle",
    "a telescope,sign language,a sailing boat,old batteries",
  ),
  ...crossed("How many {a} are in {b}?", "grams seeds layers parts", "one sandwich,two engines,5 boxes,three lakes"),
  ...crossed(
    "Is it worth {a} {b}?",
    "buying fixing keeping selling restoring",
    "a used car,an old phone,a small boat,a wooden bed",
  ),
  ...crossed("Explain how {a} {b}", "a heat pump,a search engine,the heart,a jet engine", "works,is tested,can fail"),
];

function crossed(template: string, left: string, right: string): string[] {
  const [one, other] = [left.includes(",") ? left.split(",") : left.split(" "), right.split(",")];
  return one.flatMap((a) => other.map((b) => template.replace("{a}", a).replace("{b}", b)));
}

function cities(): [string, string][] {
  return pairs("Boston Chicago", "Madrid Lisbon", "Oslo Berlin", "Tokyo Kyoto", "Delhi Mumbai", "Rome Milan");
}

function conversions(): [string, string][] {
  return pairs("miles kilometers", "pounds kilograms", "celsius fahrenheit", "gallons liters", "inches centimeters");
}

function pairs(...lines: string[]): [string, string][] {
  return lines.map((line) => line.split(" ") as [string, string]);
}

function fill(template: string, values: readonly [string, string][]): string[] {
  return values.map(([a, b]) => template.replace("{a}", a).replace("{b}", b));
}

function each(template: string, values: string): string[] {
  return values.split(" ").map((value) => template.replace("{x}", value.replaceAll("-", " ")));
}

/** The questions of the demo, with answers that read well. */
export const writtenAnswers: ReadonlyMap<string, string> = new Map([
  [
    "Why is the sky blue?",
    "Sunlight holds every colour. On its way through the air the short waves are scattered far more than the long ones, " +
      "so blue light reaches your eye from every side of the sky, while red and yellow come mostly straight from the sun.",
  ],
  [
    "Tell me a short story about a lighthouse keeper.",
    "Each evening Ines climbed ninety-one steps and lit the lamp. One night a boat that she had guided home for years did " +
      "not come. She rang the bell until dawn. At first light it drifted in, its lamp broken, its skipper smiling: " +
      "“I could not see you,” he said, “but I never stopped hearing you.”",
  ],
  [
    "What is the capital of Australia?",
    "Canberra. Sydney is larger and better known, and Melbourne was the seat of government until 1927.",
  ],
  [
    "What did we agree on for the launch?",
    "You agreed to launch on the first Tuesday of the month, after the price list is final.",
  ],
  ["Suggest a name for a small bakery.", "“The Second Rise”: warm, easy to say, and true of good bread."],
  [
    "When does the last ferry leave?",
    "The last ferry leaves at 22:40. On Sundays and holidays it is the one at 21:15.",
  ],
]);

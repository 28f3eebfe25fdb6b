import type { Features, Token } from "../features/features.ts";
import type { Language } from "../languages/language.ts";

/** Where two prompts differ, between two places where they are the same: what one says and what the other says there. */
export interface Edit {
  readonly asked: readonly Token[];
  readonly stored: readonly Token[];
}

/** Two prompts side by side, with what guards need to see of both at once. */
export class Comparison {
  readonly asked: Features;
  readonly stored: Features;
  readonly language: Language;
  /** What only one of them says, in its order. What both say equally often is in neither. */
  readonly onlyAsked: readonly Token[];
  readonly onlyStored: readonly Token[];
  #edits: readonly Edit[] | undefined;

  constructor(asked: Features, stored: Features, language: Language) {
    this.asked = asked;
    this.stored = stored;
    this.language = language;
    this.onlyAsked = without(asked.tokens, stored.tokens);
    this.onlyStored = without(stored.tokens, asked.tokens);
  }

  /**
   * The differences in order. Computed when first asked for.
   *
   * A class has it, because V8 gives each object literal with an accessor a shape of its own, which outlives it: ten for each decision made
   * collections of young garbage ten times as long.
   */
  get edits(): readonly Edit[] {
    this.#edits ??= editsOf(this.asked.tokens, this.stored.tokens);
    return this.#edits;
  }
}

function without(tokens: readonly Token[], others: readonly Token[]): Token[] {
  const counts = new Map<string, number>();
  for (const { stem } of others) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  return tokens.filter(({ stem }) => {
    const count = counts.get(stem) ?? 0;
    if (count > 0) counts.set(stem, count - 1);
    return count === 0;
  });
}

/** The gaps of a longest common subsequence. */
function editsOf(asked: readonly Token[], stored: readonly Token[]): Edit[] {
  const width = stored.length + 1;
  // lengths[i * width + j]: the longest common subsequence of what follows i in `asked` and j in `stored`.
  const lengths = new Uint16Array((asked.length + 1) * width);
  const lengthAt = (row: number, column: number) => lengths[row * width + column] as number;
  for (let row = asked.length - 1; row >= 0; row--) {
    for (let column = stored.length - 1; column >= 0; column--) {
      const isSame = asked[row]?.stem === stored[column]?.stem;
      lengths[row * width + column] = isSame
        ? lengthAt(row + 1, column + 1) + 1
        : Math.max(lengthAt(row + 1, column), lengthAt(row, column + 1));
    }
  }
  const edits: Edit[] = [];
  let [row, column, rowFrom, columnFrom] = [0, 0, 0, 0];
  const close = () => {
    if (row > rowFrom || column > columnFrom) {
      edits.push({ asked: asked.slice(rowFrom, row), stored: stored.slice(columnFrom, column) });
    }
  };
  while (row < asked.length && column < stored.length) {
    if (asked[row]?.stem === stored[column]?.stem) {
      close();
      [row, column] = [row + 1, column + 1];
      [rowFrom, columnFrom] = [row, column];
    } else if (lengthAt(row + 1, column) >= lengthAt(row, column + 1)) row++;
    else column++;
  }
  [row, column] = [asked.length, stored.length];
  close();
  return edits;
}

import { analyse, decide } from "@llmcache/semantic";
import { expect, test } from "vitest";
import { dataFolder, readFinanceTraps } from "../src/data.ts";

/** Near in words, far in money: what is asked, and whose answer is stored. */
const pairs: readonly (readonly [asked: string, stored: string])[] = [
  ["What is the fee for a transfer of $500?", "What is the fee for a transfer of $5,000?"],
  ["What is the fee for a transfer of 500 dollars?", "What is the fee for a transfer of 500 euros?"],
  ["How do I move money from savings to checking?", "How do I move money from checking to savings?"],
  ["Convert 100 EUR to USD", "Convert 100 USD to EUR"],
  ["Is interest on this account taxable?", "Is interest on this account not taxable?"],
  ["Should I buy shares of a bank now?", "Should I sell shares of a bank now?"],
  ["What was the profit in the third quarter of 2024?", "What was the profit in the third quarter of 2023?"],
  ["What was the profit in Q2 2025?", "What was the profit in Q3 2025?"],
  ["How much did revenue increase last year?", "How much did revenue decrease last year?"],
  ["What is the rate for a loan of 10 years?", "What is the rate for a loan of 10 months?"],
  ["Does the card have an annual fee?", "Does the card have a monthly fee?"],
  ["What is the minimum deposit?", "What is the maximum deposit?"],
  ["Can I withdraw before the end of the term?", "Can I withdraw after the end of the term?"],
  ["What is 5% of 20,000?", "What is 0.5% of 20,000?"],
  ["Show my transactions from 3 March to 9 March", "Show my transactions from 3 May to 9 May"],
  ["Who pays the lender or the borrower?", "Who pays the seller or the buyer?"],
];

/** The data set's own, where it lies beside the workspace: `pnpm eval:semantic` counts them too. */
const data = dataFolder();
const traps = data === undefined ? [] : readFinanceTraps(data).map(({ asked, stored }) => [asked, stored] as const);

test(`at default settings none of ${pairs.length + traps.length} pairs about money is served, however near`, () => {
  const served = [...pairs, ...traps].filter(([asked, stored]) => {
    const candidate = { key: "stored", similarity: 1, features: analyse(stored) };
    return decide(analyse(asked), [candidate]).served !== undefined;
  });
  expect(served).toEqual([]);
});

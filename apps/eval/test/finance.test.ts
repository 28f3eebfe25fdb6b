import { analyse, decide } from "@llmcache/semantic";
import { expect, test } from "vitest";
import { dataFolder, readFinanceTraps } from "../src/data.ts";

test("at default settings none of the 32 finance traps is served, however near", (context) => {
  const data = dataFolder();
  if (data === undefined) return context.skip("needs the data sets in ../shared/data/semantic beside the workspace");
  const traps = readFinanceTraps(data);
  expect(traps).toHaveLength(32);
  const served = traps.filter(({ asked, stored }) => {
    const candidate = { key: "stored", similarity: 1, features: analyse(stored) };
    return decide(analyse(asked), [candidate]).served !== undefined;
  });
  expect(served).toEqual([]);
});

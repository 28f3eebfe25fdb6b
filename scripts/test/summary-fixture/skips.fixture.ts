import { expect, test } from "vitest";

test("runs everywhere", () => {
  expect(1).toBe(1);
});

test("reads from the store", (context) => {
  context.skip("needs a store");
});

test("writes to the store", (context) => {
  context.skip("needs a store");
});

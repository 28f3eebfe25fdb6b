import { expect, test } from "vitest";

test("is wrong on purpose", () => {
  expect(1).toBe(2);
});

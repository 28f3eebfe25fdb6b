import { existsSync } from "node:fs";
import { instant, startLocalModel } from "@llmcache/local-model";
import { expect, test } from "vitest";
import { runDemo } from "./run-demo.ts";

const titles = [
  "The same question twice",
  "A stream, and its replay",
  "100 callers at once",
  "A batch of which half is known",
  "Tenants kept apart",
  "The caller's controls",
  "The same in other words",
  "The model is down",
  "A second process",
  "Two processes, one call",
  "Under lock and key",
  "From tape",
];

/** The part of the output that belongs to each act. */
function actsIn(output: string): string[] {
  return output.split(/^ \d+ {2}/m).slice(1);
}

test(
  "plays every act as plain lines, keeps what each says, and leaves no folder behind",
  { timeout: 60_000 },
  async () => {
    const { exitCode, output, errors } = await runDemo([]);
    expect(errors).toBe("");
    expect(output).not.toContain("✗");
    expect(exitCode).toBe(0);
    const acts = actsIn(output);
    expect(acts.map((act) => act.split("\n", 1)[0])).toEqual(titles);
    for (const act of acts) expect(act.match(/^ {4}✓ /gm)?.length).toBeGreaterThanOrEqual(2);
    expect(output).toContain("all 12 acts did what they said");
    expect(output).not.toContain("\u001b");
    const folder = /over the folder (.+)/.exec(output)?.[1] ?? "";
    expect(folder).toContain("llmcache-demo-");
    expect(existsSync(folder)).toBe(false);
  },
);

test("plays every act with the model that the environment names", { timeout: 60_000 }, async () => {
  await using model = await startLocalModel(instant);
  const { exitCode, output } = await runDemo([], {
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: "key",
    OPENAI_MODEL: "gpt-4o-mini",
  });
  expect(output).not.toContain("✗");
  expect(exitCode).toBe(0);
  expect(output).toContain(`a real one at ${model.url}`);
  expect(model.requests.every((request) => request.headers.authorization === "Bearer key")).toBe(true);
  expect(model.requests.some((request) => request.body?.["model"] === "gpt-4o-mini")).toBe(true);
});

test("shows a cross and fails when an act does not do what it says", { timeout: 60_000 }, async () => {
  await using model = await startLocalModel({ ...instant, failure: { kind: "status", route: "embeddings" } });
  const { exitCode, output } = await runDemo([], { OPENAI_BASE_URL: model.url });
  const broken = actsIn(output).filter((act) => act.includes("✗"));
  expect(broken[0]).toMatch(/^A batch of which half is known/);
  expect(exitCode).toBe(1);
});

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launchChromium, sharedServer, startTimeout } from "@llmcache/test-servers";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminKey, chat, start, type Started } from "./start.ts";

/** One browser for all pages. */
const browser = sharedServer(async () => {
  const launched = await chromium.launch(await launchChromium());
  return { launched, stop: () => launched.close() };
});
beforeAll(browser.start, startTimeout);
afterAll(browser.stop);

/** Where screenshots go, for a person to look at: `LLMCACHE_SCREENSHOTS=folder`. */
const folder = process.env["LLMCACHE_SCREENSHOTS"];

const timeout = 120_000;

test("shows nothing without the key, and what happened with it", { timeout }, async (context) => {
  const { page, url, problems } = await open(context);
  await page.goto(`${url}/dashboard`);
  expect(await page.getByRole("heading", { name: "Sign in" }).isVisible()).toBe(true);
  expect(await page.locator("main").isVisible()).toBe(false);
  await shoot(page, "sign-in");
  await page.getByLabel("Admin key").fill("not the key at all");
  await page.keyboard.press("Enter");
  await page.getByText("This is not the admin key.").waitFor();
  await signIn(page);
  const text = await page.locator("main").innerText();
  expect(text).toMatch(/Hit rate\s+60 %/);
  expect(text).toContain("gpt-4o");
  expect(text).toMatch(/from memory|nothing stored/);
  expect(text).not.toContain("Why is the sky blue?");
  expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, ""]);
  // A rejected key is a failed request, which the console tells of.
  expect(problems.filter((problem) => !problem.includes("401"))).toEqual([]);
});

test("looks as it should, in light and dark, wide and narrow", { timeout }, async (context) => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [name, width, height] of [
      ["wide", 1440, 900],
      ["narrow", 390, 844],
    ] as const) {
      const { page, url, problems } = await open(context, { colorScheme, viewport: { width, height } }, true);
      await page.goto(`${url}/dashboard/`);
      await signIn(page);
      await shoot(page, `${colorScheme}-${name}`);
      // Nothing is wider than the page.
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await tooFaint(page), `${colorScheme} ${name}`).toEqual([]);
      await page
        .getByRole("button", { name: /^Entry/ })
        .first()
        .click();
      await page.getByText("Fresh until").waitFor();
      await shoot(page, `${colorScheme}-${name}-entry`, false);
      expect(problems).toEqual([]);
      await page.context().close();
    }
  }
});

test(
  "an entry can be looked at and deleted, and the cache be cleared, by the keyboard alone",
  { timeout },
  async (context) => {
    const { page, url, gateway } = await open(context);
    await page.goto(`${url}/dashboard/`);
    await signIn(page);
    const entry = page.getByRole("button", { name: /^Entry/ }).first();
    await entry.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Entry" });
    await dialog.getByText("fresh", { exact: true }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("entry-close");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await entry.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("Enter");
    await dialog.getByText("fresh", { exact: true }).waitFor();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByText("The entry was deleted.").waitFor();
    await entry.click();
    await dialog.getByText("no store holds this key").waitFor();
    await page.keyboard.press("Escape");

    const ask = async () =>
      (await fetch(`${url}/v1/chat/completions`, chat("To be cleared"))).headers.get("cache-status");
    await ask();
    await gateway.cache.flush();
    expect(await ask()).toContain("hit");
    await page.getByRole("button", { name: "Clear…" }).focus();
    await page.keyboard.press("Enter");
    const clearing = page.getByRole("dialog", { name: "Clear the cache?" });
    await shoot(page, "clearing", false);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("clearing-no");
    await page.keyboard.press("Enter");
    await clearing.waitFor({ state: "hidden" });
    expect(await ask()).toContain("hit");
    await page.getByRole("button", { name: "Clear…" }).click();
    await clearing.getByRole("button", { name: "Delete every answer" }).click();
    await page.getByText("Every answer was deleted.").waitFor();
    expect(await ask()).toContain("miss");
  },
);

test(
  "the cache is switched off and on, stores are pinged, calls filtered, and the page signs out",
  { timeout },
  async (context) => {
    const { page, url } = await open(context);
    await page.goto(`${url}/dashboard/`);
    await signIn(page);
    await page.getByRole("button", { name: "Disable the cache" }).click();
    await page.getByText("Calls go past the cache.").waitFor();
    const response = await fetch(`${url}/v1/chat/completions`, chat("Why is the sky blue?"));
    expect(response.headers.get("cache-status")).toContain("bypass");
    await page.getByRole("button", { name: "Enable the cache" }).click();
    await page.getByText("The cache is used again.").waitFor();
    await page.getByRole("button", { name: "Ping the stores" }).click();
    await page.getByText("Every store answered.").waitFor();
    await page.getByLabel("Show").selectOption("coalesced");
    const rows = page.locator("#calls tr");
    expect(await rows.allInnerTexts()).not.toEqual([]);
    for (const row of await rows.allInnerTexts()) expect(row).toContain("another's call");
    await page.getByRole("button", { name: "Sign out" }).click();
    expect(await page.locator("main").isVisible()).toBe(false);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  },
);

interface Opened extends Started {
  readonly page: Page;
  /** What the browser complained of. */
  readonly problems: string[];
}

/** A page over a gateway that has answered: three hits of five, one shared call, and a failure. */
async function open(
  context: Parameters<typeof start>[0] & Parameters<typeof browser.orSkip>[0],
  options: Parameters<Browser["newContext"]>[0] = {},
  byMeaning = false,
): Promise<Opened> {
  const { launched } = browser.orSkip(context);
  const started = await start(context, ({ origin, url: baseUrl }) => ({
    ...(byMeaning && {
      semantic: {
        embedder: { baseUrl, apiKey: "sk-embedder", model: "text-embedding-3-small", dimensions: 256 },
        store: { type: "memory", options: { dimensions: 256 } },
        options: { threshold: 0.3, minCertainty: 0 },
      },
    }),
    upstreams: { openai: { url: origin, private: true } },
    prices: { "gpt-4o": { inputToken: 2.5e-6, outputToken: 10e-6 } },
    cache: { tiers: [{ type: "memory" }, { type: "memory", options: { name: "shared" } }] },
  }));
  const { url, model } = started;
  const ask = async (content: string, more?: Record<string, unknown>) =>
    (await fetch(`${url}/v1/chat/completions`, chat(content, more))).text();
  await ask("Why is the sky blue?");
  await started.gateway.cache.flush();
  await ask("Why is the sky blue?");
  await ask("Why is the sky blue?");
  model.update({ firstTokenMs: 300 });
  await Promise.all([ask("Two at once", { model: "gpt-4o-mini" }), ask("Two at once", { model: "gpt-4o-mini" })]);
  if (byMeaning) {
    for (const question of ["How do I sell bonds?", "Could you tell me how I sell bonds?", "How do I buy bonds?"]) {
      await ask(question);
      await started.gateway.cache.flush();
    }
    model.update({ failure: { kind: "status", status: 429, times: 1 } });
    await ask("Too many");
    await (await fetch(`${url}/v1/models`)).text();
  }
  const page = await launched.newPage({ ...options });
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  context.onTestFinished(() => page.context().close());
  return { ...started, page, problems };
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Admin key").fill(adminKey);
  await page.getByRole("button", { name: "Show the dashboard" }).click();
  await page.locator("#calls tr").first().waitFor();
}

async function shoot(page: Page, name: string, fullPage = true): Promise<void> {
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
}

/** Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3). */
function tooFaint(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const luminance = (colour: string) => {
      if (canvas === null) return 0;
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0] = Array.from(canvas.getImageData(0, 0, 1, 1).data, (part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element: Element | null): string => {
      if (element === null) return "white";
      const { backgroundColor } = getComputedStyle(element);
      return backgroundColor === "rgba(0, 0, 0, 0)" ? behind(element.parentElement) : backgroundColor;
    };
    const faint: string[] = [];
    for (const element of document.querySelectorAll("body *")) {
      const own = Array.from(element.childNodes).some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
      );
      if (!own || !element.checkVisibility()) continue;
      const style = getComputedStyle(element);
      const text = luminance(element instanceof SVGElement ? style.fill : style.color);
      const back = luminance(behind(element));
      const contrast = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
      if (contrast < 4.5) faint.push(`${contrast.toFixed(2)}: ${element.textContent?.slice(0, 40)}`);
    }
    return faint;
  });
}

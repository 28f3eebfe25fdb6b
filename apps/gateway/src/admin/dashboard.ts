import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";

const folder = join(import.meta.dirname, "../../public");

/** All that the page consists of. */
const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/dashboard.css": ["dashboard.css", "text/css; charset=utf-8"],
  "/dashboard.js": ["dashboard.js", "text/javascript; charset=utf-8"],
  "/charts.js": ["charts.js", "text/javascript; charset=utf-8"],
};

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-cache",
};

/** The page, which holds no secret: it asks for the admin key, and for everything else by it. */
export async function dashboard(): Promise<Hono> {
  const pages = new Hono();
  for (const [path, [file, type]] of Object.entries(files)) {
    const content = await readFile(join(folder, file), "utf8");
    pages.get(path, (context) => context.body(content, 200, { ...headers, "content-type": type }));
  }
  return pages;
}

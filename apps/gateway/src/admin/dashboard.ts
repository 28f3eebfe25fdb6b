import { readdir, readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { Hono } from "hono";

const statics = join(import.meta.dirname, "../../public");
/** The page's own program: TypeScript where the gateway runs from source, JavaScript where it was compiled. */
const programs = join(import.meta.dirname, "../page");

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

/**
 * The page, which holds no secret: it asks for the admin key, and for everything else by it.
 *
 * @param base the path that it is under
 */
export async function dashboard(base: string): Promise<Hono> {
  const pages = new Hono();
  const serve = (path: string, type: string, content: string) =>
    pages.get(`${base}${path}`, (context) =>
      context.body(content, 200, { ...headers, "content-type": `${type}; charset=utf-8` }),
    );
  serve("/", "text/html", await pageOf());
  serve("/dashboard.css", "text/css", await readFile(join(statics, "dashboard.css"), "utf8"));
  for (const file of await readdir(programs)) {
    if (!/^[a-z-]+\.(?:ts|js)$/.test(file)) continue;
    const source = await readFile(join(programs, file), "utf8");
    serve(`/${file}`, "text/javascript", file.endsWith(".ts") ? stripTypeScriptTypes(source) : source);
  }
  return pages;
}

async function pageOf(): Promise<string> {
  const page = await readFile(join(statics, "index.html"), "utf8");
  const [main = "main.ts"] = (await readdir(programs)).filter((file) => /^main\.(?:ts|js)$/.test(file));
  return page.replace('src="main.ts"', `src="${main}"`);
}

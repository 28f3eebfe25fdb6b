import { readFileSync } from "node:fs";

/** The peers of all rows, at the versions that package.json pins. */
export function readPeerVersions(): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return Object.fromEntries(Object.entries(manifest.dependencies).filter(([name]) => !name.startsWith("@llmcache/")));
}

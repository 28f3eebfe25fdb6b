/// <reference types="vite/types/importMeta.d.ts" />
const files = import.meta.glob<string>("../../*.json", { query: "?raw", import: "default", eager: true });

/** The text of a file of core's tests. */
export function readFileSync({ pathname }: URL): string {
  const text = files[`../..${pathname.slice(pathname.lastIndexOf("/"))}`];
  if (text === undefined) throw new Error(`no test file of this name: ${pathname}`);
  return text;
}

import { UsageError } from "../usage-error.ts";

/** The parts of a store's URL. */
export interface StoreUrl {
  /** As it was given. */
  readonly text: string;
  /** What stands before the first colon, in lower case. */
  readonly scheme: string;
  /** What stands between the scheme and the parameters, without the two slashes. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The URL without credentials and parameters, for messages. */
  readonly label: string;
}

/** Takes the URL of a store apart. @throws {UsageError} for what is none, never quoting it: there may be a password in it */
export function parseStoreUrl(text: string): StoreUrl {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+]+):(.*)$/is.exec(text) ?? [];
  if (scheme === "") throw new UsageError("a store is given by its URL, such as disk:./answers or redis://localhost");
  const at = rest.indexOf("?");
  const path = (at < 0 ? rest : rest.slice(0, at)).replace(/^\/\//, "");
  const parameters = Object.fromEntries(new URLSearchParams(at < 0 ? "" : rest.slice(at + 1)));
  const label = `${scheme}:${rest.startsWith("//") ? "//" : ""}${path.replace(/^[^/]*@/, "")}`;
  return { text, scheme: scheme.toLowerCase(), path, parameters, label };
}

/** The parameters, of which only these may be there. @throws {UsageError} that names another, never its value */
export function onlyParameters<Name extends string>(
  { label, parameters }: StoreUrl,
  ...known: readonly Name[]
): Readonly<Partial<Record<Name, string>>> {
  const names: readonly string[] = known;
  const unknown = Object.keys(parameters).find((name) => !names.includes(name));
  if (unknown === undefined) return parameters as Readonly<Partial<Record<Name, string>>>;
  const others = known.length === 0 ? "there are none here" : `known are ${known.join(", ")}`;
  throw new UsageError(`${label} has the unknown parameter ${JSON.stringify(unknown)}; ${others}`);
}

/** Of a URL of a bucket: its name, and the folder in it. */
export function parseBucket({ path }: StoreUrl): { readonly bucket?: string; readonly path?: string } {
  const [bucket = "", ...folders] = path.split("/");
  const folder = folders.join("/");
  return { ...(bucket !== "" && { bucket }), ...(folder !== "" && { path: folder }) };
}

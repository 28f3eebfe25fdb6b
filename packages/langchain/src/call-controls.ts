import { type CacheControls, checkOptions, controlNames } from "@llmcache/core";

/** The name in a call's `metadata`. */
const ownName = "llmcache";

/** A symbol, so that neither a key nor a model takes it for an option. */
const ownControls: unique symbol = Symbol(ownName);

/**
 * A call's options, with what its `metadata.llmcache` says to the cache: LangChain gives a model the options only, and its metadata to callbacks.
 *
 * @param config of the run, which holds the metadata of the chains around it as well
 * @throws {TypeError} for a control that is unknown, naming it, and for controls that stand beside `metadata`
 */
export function withControls<Options extends object>(
  options: Options,
  { metadata }: { readonly metadata?: Readonly<Record<string, unknown>> | undefined },
): Options {
  // It would enter the key, and say nothing to the cache.
  if (ownName in options)
    throw new TypeError(`cacheChatModel: a call's ${ownName} belongs in its metadata: { metadata: { ${ownName}: … } }`);
  const asked = metadata?.[ownName];
  if (asked === undefined) return options;
  checkOptions(`metadata.${ownName}`, asked as object, controlNames);
  return { ...options, [ownControls]: asked };
}

/** What `withControls` put there. Its types are core's to check. */
export function controlsOf(options: object): CacheControls {
  const { [ownControls]: asked = {} } = options as { readonly [ownControls]?: CacheControls };
  const said = Object.entries(asked);
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

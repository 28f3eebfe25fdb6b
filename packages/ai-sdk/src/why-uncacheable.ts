import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";

/**
 * Members of any vendor's options that name what the vendor keeps, or has it act: OpenAI's `conversation` and `previousResponseId`, Anthropic's
 * `container` and `mcpServers`.
 */
const stateful = ["conversation", "previousResponseId", "container", "mcpServers"];

/** Why a call goes past the cache: its answer depends on more than the call, or does more than answer. `undefined`: it does not. */
export function whyUncacheable({ tools = [], providerOptions = {} }: LanguageModelV4CallOptions): string | undefined {
  if (tools.some(({ type }) => type === "provider")) return "provider-tools";
  const options = Object.values(providerOptions);
  return stateful.find((name) => options.some((members) => (members[name] ?? undefined) !== undefined));
}

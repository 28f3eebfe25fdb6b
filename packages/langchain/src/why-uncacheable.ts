/** Parameters of vendors that name what the vendor keeps, or have it act: OpenAI's first two, Anthropic's last two. */
const stateful = ["conversation", "previous_response_id", "container", "mcp_servers"];

/** Types of tools that the program runs; a tool without a type is Anthropic's, Gemini's or Bedrock's. */
const ownTypes: ReadonlySet<unknown> = new Set([undefined, "function", "custom"]);

/** What such a tool consists of, by any vendor. Gemini's own ones are named by other members. */
const ownMembers = ["function", "name", "input_schema", "functionDeclarations", "toolSpec"];

/**
 * Why a call goes past the cache: its answer depends on more than the call, or does more than answer. `undefined`: it does not.
 *
 * @param invocation what a model's `invocationParams` gives
 */
export function whyUncacheable(invocation: unknown): string | undefined {
  if (!isObject(invocation)) return undefined;
  const { tools } = invocation;
  if (Array.isArray(tools) && !tools.every(isOwnTool)) return "provider-tools";
  return stateful.find((name) => (invocation[name] ?? undefined) !== undefined);
}

function isOwnTool(tool: unknown): boolean {
  return isObject(tool) && ownTypes.has(tool["type"]) && ownMembers.some((name) => name in tool);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

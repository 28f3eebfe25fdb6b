import type { Call } from "@llmcache/core";
import { isCredentialParameter } from "./credential.ts";
import type { Params, WireFormat } from "./formats/wire-format.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";

/** Headers that change what a model answers, by their vendors' references: OpenAI, Anthropic, Azure ML, Portkey, Helicone. */
const vendorHeaders: readonly string[] = [
  "openai-organization",
  "openai-project",
  "openai-beta",
  "openai-version",
  "anthropic-version",
  "anthropic-beta",
  "anthropic-user-profile-id",
  "anthropic-workspace-id",
  "azureml-model-deployment",
  "x-portkey-config",
  "x-portkey-provider",
  "helicone-target-url",
];

/**
 * What a request asks of the model: its body, where it is sent, and the headers that change the answer. Who asks is no part of it.
 *
 * @param moreHeaders names of headers, besides those of the vendors
 */
export function callOf(
  { url: requested, headers }: OutgoingRequest,
  format: WireFormat,
  params: Params,
  moreHeaders: readonly string[],
): Call {
  const url = format.endpointOf?.(requested) ?? requested;
  const query = new URLSearchParams([...url.searchParams].filter(([name]) => !isCredentialParameter(name)));
  query.sort();
  const counted = [...vendorHeaders, ...moreHeaders.map((name) => name.toLowerCase())].filter((name) =>
    headers.has(name),
  );
  const streamOptions = format.stream?.isAsked(params) === true ? format.stream.optionsThatCount(params) : undefined;
  const context = {
    endpoint: `${url.origin}${url.pathname}${query.size === 0 ? "" : `?${query}`}`,
    ...(counted.length > 0 && { headers: Object.fromEntries(counted.map((name) => [name, headers.get(name)])) }),
    ...(streamOptions !== undefined && { streamOptions }),
  };
  return { operation: format.operation, params, context };
}

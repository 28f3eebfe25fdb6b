import { type CacheControls, parseCacheControl } from "@llmcache/core";
import { applyEdits, modify } from "jsonc-parser";
import { RefusedError } from "./refusal.ts";

/** A JSON body, as far as the gateway reads it. */
export interface JsonBody {
  /** What is sent on: the client's own text, or that without the member `cache`. */
  readonly text: string;
  readonly model: string | undefined;
  /** What the member asked of the cache. */
  readonly controls: CacheControls;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Reads a body; `undefined` for what is no JSON object.
 *
 * @param takesControls whether the member `cache`, spelled as LiteLLM does, speaks to the cache. One that is no object is the vendor's own.
 * @throws {RefusedError} 400 for such a member that cannot be read
 */
export function readJsonBody(text: string, takesControls: boolean): JsonBody | undefined {
  const params = parseObject(text);
  if (params === undefined) return undefined;
  const model = typeof params["model"] === "string" ? params["model"] : undefined;
  const spoken = takesControls && Object.hasOwn(params, "cache") ? params["cache"] : undefined;
  if (typeof spoken !== "object" || spoken === null || Array.isArray(spoken))
    return { text, model, params, controls: {} };
  const { cache: _, ...rest } = params;
  return { text: withoutCache(text), model, params: rest, controls: readMember(spoken as Record<string, unknown>) };
}

function readMember(spoken: Readonly<Record<string, unknown>>): CacheControls {
  try {
    return parseCacheControl(spoken);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw unreadable(error.message);
  }
}

/** Every other character stays, since a number that is written anew may be another. */
function withoutCache(text: string): string {
  try {
    const without = applyEdits(text, modify(text, ["cache"], undefined, {}));
    const left = parseObject(without);
    if (left !== undefined && !Object.hasOwn(left, "cache")) return without;
  } catch (error) {
    // Nested too deeply to be taken apart.
    if (!(error instanceof RangeError)) throw error;
  }
  throw unreadable("it is there twice, or the body is nested too deeply");
}

function unreadable(reason: string): RefusedError {
  const message = `the body's member "cache" cannot be read: ${reason}`;
  return new RefusedError({ status: 400, code: "invalid_cache_control", message });
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

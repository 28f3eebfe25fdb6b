import { type CacheControls, clampControls } from "@llmcache/core";
import { ControlHeaderError, readControls } from "@llmcache/http";
import type { ControlsConfig } from "../config/config.ts";
import { RefusedError } from "./refusal.ts";

/**
 * What a request asks of the cache, by its headers and, over them, by its body, as far as it may.
 *
 * @throws {RefusedError} 400 for a header that cannot be read; 403, naming the controls, where more was asked than is allowed and that is forbidden
 */
export function controlsOf(headers: Headers, inBody: CacheControls, policy: ControlsConfig): CacheControls {
  const asked = { ...readHeaders(headers), ...inBody };
  const { controls, refused } = clampControls(asked, policy);
  if (refused.length === 0 || policy.otherwise === "cap") return controls;
  const reasons = refused.map((name) =>
    name === "ttl" && policy.allow.includes("ttl") ? `ttl beyond ${policy.maxTtl}` : `the control ${name}`,
  );
  throw new RefusedError({
    status: 403,
    code: "cache_control_not_allowed",
    message: `this client may not use ${reasons.join(", nor ")}`,
  });
}

function readHeaders(headers: Headers): CacheControls {
  const speaking = new Headers([...headers].filter(([name]) => name === "cache-control" || isControl(name)));
  try {
    return readControls(speaking);
  } catch (error) {
    if (!(error instanceof ControlHeaderError)) throw error;
    throw new RefusedError({ status: 400, code: "invalid_cache_control", message: error.message });
  }
}

function isControl(name: string): boolean {
  return name.startsWith("x-llmcache-") && name !== "x-llmcache-api-key";
}

/** How a call was answered, as the headers of its response tell. */
export interface AnsweredBy {
  /** `"miss"`, `"hit memory"`, `"hit disk"`, `"stale memory"`, `"semantic 0.91"`, `"coalesced"`, `"bypass"`. */
  readonly status: string;
  /** Whether the model was asked for it. */
  readonly paid: boolean;
  /** The key of the cache's entry. */
  readonly key: string | undefined;
  /** How old the answer is, in seconds. */
  readonly age: number;
}

/** Reads `Cache-Status` (RFC 9211), `Age`, `x-llmcache-key` and `x-llmcache-similarity`. */
export function answeredBy(headers: Headers): AnsweredBy {
  const [, ...parameters] = (headers.get("cache-status") ?? "").split(/ *; */);
  const values = new Map(
    parameters.map((parameter): [string, string] => {
      const [name = "", value = ""] = parameter.split("=", 2);
      return [name, value];
    }),
  );
  const status = statusOf(values);
  const source = values.get("detail")?.replaceAll('"', "");
  const fromCache = status === "hit" || status === "stale";
  const similarity = headers.get("x-llmcache-similarity");
  return {
    status: describeStatus(status, fromCache ? source : undefined, similarity),
    paid: status === "miss" || status === "bypass",
    key: headers.get("x-llmcache-key") ?? undefined,
    age: Number(headers.get("age") ?? 0),
  };
}

function describeStatus(status: string, source: string | undefined, similarity: string | null): string {
  if (similarity !== null) return `semantic ${Number(similarity).toFixed(2)}`;
  return source === undefined ? status : `${status} ${source}`;
}

function statusOf(values: ReadonlyMap<string, string>): string {
  // An answer that is out of date says so by a time to live below zero (RFC 9211, section 2.4).
  if (Number(values.get("ttl") ?? 0) < 0) return "stale";
  if (values.has("hit")) return "hit";
  if (values.has("collapsed")) return "coalesced";
  return values.get("fwd") === "bypass" || !values.has("fwd") ? "bypass" : "miss";
}

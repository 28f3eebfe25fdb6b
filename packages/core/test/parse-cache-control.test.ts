import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CacheControls, parseCacheControl } from "../src/cache-control.ts";

describe("a header", () => {
  test.each<[string, CacheControls]>([
    ["", {}],
    [" \t ", {}],
    [",", {}],
    [" , ,, ", {}],
    ["no-cache", { noCache: true }],
    ["No-Cache, NO-STORE", { noCache: true, noStore: true }],
    [",no-cache,,\tno-store ,", { noCache: true, noStore: true }],
    ["only-if-cached", { onlyIfCached: true }],
    ["max-age=60", { maxAge: 60 }],
    ["max-age=0", { maxAge: 0 }],
    ["max-age = \t60", { maxAge: 60 }],
    ['max-age="60"', { maxAge: 60 }],
    ['max-age="6\\0"', { maxAge: 60 }],
    ["max-age=0.5", { maxAge: 0.5 }],
    ["max-age=007", { maxAge: 7 }],
    ["ttl=60", { ttl: 60 }],
    ["ttl=0", { ttl: 0 }],
    ["min-fresh=5", { minFresh: 5 }],
    ["max-stale=5", { maxStale: 5 }],
    ["max-stale", { maxStale: Infinity }],
    ["stale-while-revalidate=5, stale-if-error=6", { staleWhileRevalidate: 5, staleIfError: 6 }],
    ["max-age=60, s-maxage=10", { maxAge: 10 }],
    ["s-maxage=10, max-age=60", { maxAge: 10 }],
    ["max-age=60,max-age=60", { maxAge: 60 }],
    ["no-cache, no-cache", { noCache: true }],
    ['no-cache="set-cookie, x"', { noCache: true }],
    ['private, no-transform, community="a, \\"b\\", no-store", max-age=1', { maxAge: 1 }],
    ["unknown=1, unknown=2", {}],
    ["scope=tenant, key=k, tags=t, namespace=n, use-cache", {}],
    ["__proto__=1, constructor", {}],
    ["max-age=99999999999999999999", { maxAge: 1e20 }],
  ])("%j asks for %j", (header, controls) => {
    expect(parseCacheControl(header)).toEqual(controls);
  });

  test.each<[string, string]>([
    ["max-age", "max-age must be a number of seconds, got none"],
    ["max-age=", "max-age must be a number"],
    ['max-age=""', "max-age must be a number"],
    ["max-age=soon", "max-age must be a number"],
    ["max-age=-1", "max-age must be a number"],
    ["max-age=1e3", "max-age must be a number"],
    ["max-age=Infinity", "max-age must be a number"],
    ["max-stale=x", "max-stale must be a number"],
    ["s-maxage=1, max-age=x", "max-age must be a number"],
    ["max-age=60, max-age=61", "max-age is given twice with different values"],
    ["max-stale, max-stale=1", "max-stale is given twice"],
    ["no-cache no-store", "malformed at character 1"],
    ["max-age=60 s", "malformed at character 1"],
    ['no-store, max-age="60', "malformed at character 11"],
    ["=60", "malformed at character 1"],
    ["no-store, (x)", "malformed at character 11"],
    ["no-store;max-age=1", "malformed"],
    ['a="b"c', "malformed"],
    ["no-cache\u0000", "malformed"],
    ["caché", "malformed"],
  ])("%j is a TypeError: %s", (header, message) => {
    expect(() => parseCacheControl(header)).toThrow(TypeError);
    expect(() => parseCacheControl(header)).toThrow(message);
  });

  test("is read alike, however it is spaced and spelled", () => {
    const space = fc.string({ unit: fc.constantFrom(" ", "\t"), maxLength: 3 });
    const directive = fc.constantFrom(
      "no-cache",
      "no-store",
      "only-if-cached",
      "max-age=1",
      "min-fresh=2",
      "stale-if-error=3",
      'x-unknown="a,b"',
    );
    fc.assert(
      fc.property(fc.uniqueArray(directive), space, space, fc.boolean(), (directives, before, after, upper) => {
        const odd = directives
          .map((text) => (upper ? text.toUpperCase() : text).replace("=", `${before}=${after}`))
          .join(`${after},${before},${before}`);
        expect(parseCacheControl(`${before}${odd}${after}`)).toEqual(parseCacheControl(directives.join(", ")));
      }),
    );
  });

  test("of any text gives valid controls or a TypeError", () => {
    const pieces = fc.constantFrom("no-cache", "max-age", "=", "1", '"', "\\", ",", " ", "x", "é", "\u0000");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(pieces).map((parts) => parts.join("")),
        ),
        (header) => {
          try {
            expect(parseCacheControl(header)).toBeTypeOf("object");
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  // Quadratic time would take minutes here, and the test runner's own limit would end it.
  test.each<[string, string]>([
    ["spaces", `no-cache${" ".repeat(1e6)}x`],
    ["commas", `${",".repeat(1e6)}(`],
    ["commas and spaces", `${", ".repeat(5e5)}(`],
    ["a name", `${"a".repeat(1e6)} (`],
    ["an open quotation", `a="${"b".repeat(1e6)}`],
    ["an open quotation of escapes", `a="${"\\\\".repeat(1e6)}`],
    ["a quotation and more", `a="${"\\b".repeat(1e6)}" c`],
    ["a value", `max-age=${"9".repeat(1e6)}x`],
    ["many directives", `${"a=1,".repeat(3e5)}(`],
  ])("of a million characters of %s is refused in good time", (_, header) => {
    expect(() => parseCacheControl(header)).toThrow(TypeError);
  });

  test("of a million characters is read in good time", () => {
    expect(parseCacheControl(`x="${'\\"'.repeat(1e6)}", max-age=1`)).toEqual({ maxAge: 1 });
  });
});

describe("an object", () => {
  test.each<[Record<string, unknown>, CacheControls]>([
    [{}, {}],
    [
      { "no-cache": true, "no-store": false, "use-cache": true, namespace: "x" },
      { noCache: true, noStore: false, use: true, namespace: "x" },
    ],
    [{ ttl: 60 }, { ttl: 60 }],
    [{ ttl: "5m" }, { ttl: "5m" }],
    [{ ttl: -1 }, { ttl: -1 }],
    [
      { ttl: Infinity, "min-fresh": 0.5 },
      { ttl: Infinity, minFresh: 0.5 },
    ],
    [{ "max-age": 1 }, { maxAge: 1 }],
    [{ "s-max-age": 0 }, { maxAge: 0 }],
    [{ "max-age": 1, "s-max-age": 2 }, { maxAge: 2 }],
    [{ "s-max-age": 2, "max-age": 1 }, { maxAge: 2 }],
    [{ "s-maxage": 3, "s-max-age": 2, "max-age": 1 }, { maxAge: 3 }],
    [{ "max-age": 1, "s-max-age": 2, "s-maxage": 3 }, { maxAge: 3 }],
    [{ "s-maxage": undefined, "max-age": 1 }, { maxAge: 1 }],
    [
      { "max-stale": 1, "stale-while-revalidate": 2, "stale-if-error": "3s", "only-if-cached": true },
      { maxStale: 1, staleWhileRevalidate: 2, staleIfError: "3s", onlyIfCached: true },
    ],
  ])("%j asks for %j", (source, controls) => {
    expect(parseCacheControl(source)).toEqual(controls);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ "no-cache": "true" }, "no-cache must be a boolean, got a string"],
    [{ "no-store": 1 }, "no-store must be a boolean, got a number"],
    [{ "use-cache": null }, "use-cache must be a boolean, got null"],
    [{ ttl: "60" }, "ttl must be seconds"],
    [{ ttl: null }, "ttl must be seconds"],
    [{ ttl: NaN }, "ttl must be seconds"],
    [{ ttl: true }, "ttl must be seconds"],
    [{ "s-maxage": -1 }, "s-maxage must not be negative"],
    [{ "s-maxage": 1, "max-age": "old" }, "max-age must be seconds"],
    [{ "max-stale": true }, "max-stale must be seconds"],
    [{ namespace: 1 }, "namespace must be a string"],
    [{ "no-cahce": true }, 'cache control "no-cahce" is unknown'],
    [{ noCache: true }, 'cache control "noCache" is unknown'],
    [{ "No-Cache": true }, "is unknown"],
    [{ scope: "tenant" }, 'cache control "scope" is unknown'],
    [{ key: "k" }, "is unknown"],
    [{ tags: [] }, "is unknown"],
    [JSON.parse('{ "__proto__": 1 }') as Record<string, unknown>, "is unknown"],
  ])("%j is a TypeError: %s", (source, message) => {
    expect(() => parseCacheControl(source)).toThrow(TypeError);
    expect(() => parseCacheControl(source)).toThrow(message);
  });

  test.each([null, undefined, 7, true, ["no-cache"]])("%j is neither a header nor an object", (source) => {
    expect(() => parseCacheControl(source as never)).toThrow(/^cache controls must be a header or an object, got /);
  });
});

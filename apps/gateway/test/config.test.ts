import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { operations } from "@llmcache/http";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ConfigError } from "../src/config/config-error.ts";
import { loadConfig, parseConfig } from "../src/config/load-config.ts";
import { redact } from "../src/config/redact.ts";
import { isPrivateHost, problemOfUrl } from "../src/config/upstream-url.ts";
import { matches } from "../src/proxy/glob.ts";

const upstreams = "upstreams: { openai: { url: https://api.openai.com } }\n";

const encryptionKey = randomBytes(32).toString("base64");

/** What matters here of compose.yaml. */
interface Compose {
  readonly services: { readonly gateway: { readonly environment: Readonly<Record<string, string>> } };
}

/** What is wrong with a configuration. */
function problemsOf(text: string, environment: Record<string, string> = {}): string {
  try {
    parseConfig(text, environment, "file.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

test("the README's full example is a configuration", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const examples = Array.from(readme.matchAll(/```yaml\n(.*?)```/gs), ([, text = ""]) => text);
  expect(examples.length).toBeGreaterThan(0);
  const names = Array.from(readme.matchAll(/\$\{(\w+)\}/g), ([, name = ""]) => name);
  const values = Object.fromEntries(names.map((name) => [name, `value-of-${name}-0123456789`]));
  const environment = { ...values, CACHE_KEY: encryptionKey };
  for (const example of examples) expect(problemsOf(example, environment)).toBe("");
});

test("the container's file is a configuration, with what compose.yaml hands on of what the README has one set", async () => {
  const read = (path: string) => readFile(join(import.meta.dirname, path), "utf8");
  const commands = /```sh\n((?:(?!```).)*)docker compose up gateway/s.exec(await read("../README.md"))?.[1] ?? "";
  const exported = Array.from(commands.matchAll(/^export (\w+)=/gm), ([, name = ""]) => name);
  const { services } = parse(await read("../../../compose.yaml")) as Compose;
  const handedOn = Object.entries(services.gateway.environment).map(([name, value]): [string, string] => [
    name,
    value.replaceAll(/\$\{(\w+):-\}/g, (_, variable: string) =>
      exported.includes(variable) ? "0123456789abcdef" : "",
    ),
  ]);
  expect(problemsOf(await read("../llmcache.docker.yaml"), Object.fromEntries(handedOn))).toBe("");
});

test("each problem is told by its line and its path, and no value is", () => {
  const secret = "hunter2-hunter2-hunter2";
  const text = `listen: { port: ${secret} }
upstreams:
  openai:
    url: https://user:${secret}@api.openai.com
    hedaers: {}
  other:
    url: http://169.254.169.254/latest
    headers: { authorization: "Bearer \${MISSING}" }
cache:
  ttl: ${secret}
  tiers:
    - type: ${secret}
admin:
  key: ${secret}
apiKeys:
  - name: one
    hash: ${secret}
  - name: one
    hash: sha256:${"0".repeat(64)}
    key: \${MISSING}
`;
  const problems = problemsOf(text);
  for (const expected of [
    "file.yaml:1: listen.port: ",
    "file.yaml:4: upstreams.openai.url: must hold no credentials",
    "file.yaml:5: upstreams.openai.hedaers: is unknown",
    "file.yaml:7: upstreams.other.url: is on this machine or in a private network",
    "file.yaml:8: upstreams.other.headers.authorization: the variable MISSING is not set",
    "file.yaml:10: cache.ttl: ",
    "file.yaml:12: cache.tiers.0.type: ",
    "file.yaml:14: admin.key: must be a variable",
    "file.yaml:17: apiKeys.0.hash: ",
    "file.yaml:20: apiKeys.1.key: the variable MISSING is not set",
  ])
    expect(problems).toContain(expected);
  expect(problems).not.toContain(secret);
});

test("what is no YAML is refused by its line, without a word of it", () => {
  const problems = problemsOf('upstreams:\n  openai: { url: "secret\n');
  expect(problems).toMatch(/^file\.yaml:\d+: is no YAML/);
  expect(problems).not.toContain("secret");
  expect(problemsOf("a: &a [x]\nb: *c\n")).toContain("file.yaml");
  const bomb = Array.from(
    { length: 12 },
    (_, index) =>
      `a${index}: &a${index} [${
        index === 0
          ? "x"
          : Array(10)
              .fill(`*a${index - 1}`)
              .join(",")
      }]`,
  );
  expect(problemsOf(bomb.join("\n"))).toContain("file.yaml");
});

test("a variable is a text, whatever it holds, and is no YAML", () => {
  const { config } = parseConfig(`${upstreams}listen: { port: "\${PORT}", host: "\${HOST}" }`, {
    PORT: "8080",
    HOST: "127.0.0.1\nadmin: {}",
  });
  expect(config.listen).toEqual({ port: 8080, host: "127.0.0.1\nadmin: {}" });
});

test("JSON is a configuration too, and the file is found by its name", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "llmcache-config-"));
  context.onTestFinished(() => rm(directory, { recursive: true }));
  expect((await loadConfig(undefined, { XDG_CACHE_HOME: directory }, directory)).file).toBeUndefined();
  await writeFile(
    join(directory, "llmcache.json"),
    JSON.stringify({ upstreams: { x: { url: "https://x.example.com" } } }),
  );
  const { config, file } = await loadConfig(undefined, {}, directory);
  expect([file, Object.keys(config.upstreams)]).toEqual(["llmcache.json", ["x"]]);
  await expect(loadConfig("missing.yaml", {}, directory)).rejects.toThrow("missing.yaml: cannot be read: ENOENT");
});

test("who would lend its credential to everybody is refused", () => {
  const lending =
    'upstreams: { openai: { url: https://api.openai.com, headers: { authorization: "Bearer ${KEY}" } } }\n';
  expect(problemsOf(lending, { KEY: "sk" })).toBe("");
  expect(problemsOf(`${lending}listen: { host: 0.0.0.0 }`, { KEY: "sk" })).toContain("upstreams.openai.headers");
  const keys = `apiKeys: [{ name: a, hash: "sha256:${"0".repeat(64)}" }]`;
  expect(problemsOf(`${lending}listen: { host: 0.0.0.0 }\n${keys}`, { KEY: "sk" })).toBe("");
});

test("encryption wants whole keys, none of them in clear, and no store that has to read the questions", () => {
  const encrypting = (keys: string, current = "a") =>
    `${upstreams}cache: { encrypt: { current: ${current}, keys: ${keys} } }\n`;
  const environment = { KEY: encryptionKey, SHORT: encryptionKey.slice(4), TEXT: "a passphrase, as one would type it" };
  expect(problemsOf(encrypting("{ a: '${KEY}' }"), environment)).toBe("");
  expect(problemsOf(encrypting("{ a: '${SHORT}' }"), environment)).toContain("cache.encrypt.keys.a: must be 32 bytes");
  expect(problemsOf(encrypting("{ a: '${TEXT}' }"), environment)).toContain("cache.encrypt.keys.a: must be 32 bytes");
  expect(problemsOf(encrypting("{ a: '${KEY}' }", "b"), environment)).toContain("cache.encrypt.current");
  const inClear = problemsOf(encrypting(`{ a: "${encryptionKey}" }`));
  expect(inClear).toContain("cache.encrypt.keys.a: must be a variable");
  expect(inClear).not.toContain(encryptionKey);

  const wrongId = problemsOf(encrypting("{ a: '${KEY}', 'an id': '${KEY}' }"), environment);
  expect(wrongId).toMatch(/^file\.yaml:2: cache\.encrypt\.keys\.an id: is no id: 1 to 32 characters[^\n]*$/);
  const noRecord = problemsOf(encrypting("'${KEY}'"), environment);
  expect(noRecord).toMatch(/^file\.yaml:2: cache\.encrypt\.keys: [^\n]*expected record[^\n]*$/);
  expect(noRecord).not.toContain(encryptionKey);

  const semantic = (type: string) => `semantic: { embedder: { apiKey: k, model: m }, store: { type: ${type} } }\n`;
  expect(problemsOf(encrypting("{ a: '${KEY}' }") + semantic("memory"), environment)).toBe("");
  expect(problemsOf(encrypting("{ a: '${KEY}' }") + semantic("qdrant"), environment)).toContain("semantic.store");
});

test("the name of a header that can be none is said to be so", () => {
  const text = "upstreams: { a: { url: https://a.example.com, headers: { 'x y': z } } }";
  expect(problemsOf(text)).toBe("file.yaml:1: upstreams.a.headers.x y: is no name of a header");
});

test("what is cached are operations that there are: one that is misspelt is told, with those that are known", () => {
  const caching = (names: readonly string[]) => `${upstreams}cache: { operations: [${names.join(", ")}] }\n`;
  expect(problemsOf(caching(operations))).toBe("");
  const problems = problemsOf(caching(["embedding", "embeddings"]));
  expect(problems).toContain("file.yaml:2: cache.operations.1: ");
  for (const name of operations) expect(problems).toContain(`"${name}"`);
});

test("the README names every operation", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const line = /^  operations: .*\n(?:  # .*\n)*/m.exec(readme)?.[0];
  for (const name of operations) expect(line?.match(/\w+/g)).toContain(name);
});

test("settings are shown as they were written, and no secret with them", () => {
  const text = `upstreams:
  openai: { url: https://api.openai.com, headers: { authorization: "Bearer \${KEY}", x-team: literal-secret, x-mixed: "abc\${KEY}" } }
cache:
  tiers:
    - { type: redis, options: { url: "redis://me:literal-secret@host:6379", password: literal-secret } }
    - { type: azure, options: { connectionString: literal-secret } }
  encrypt: { current: a, keys: { a: "\${CACHE_KEY}" } }
admin: { key: "\${ADMIN}" }
apiKeys: [{ name: alice, hash: "sha256:${"ab".repeat(32)}" }]
`;
  const { config, written } = parseConfig(text, {
    ...{ KEY: "resolved-secret", ADMIN: "resolved-secret-1234", CACHE_KEY: encryptionKey },
  });
  const shown = JSON.stringify(redact(config, written));
  expect(shown).toContain('"keys":{"a":"${CACHE_KEY}"}');
  expect(shown).not.toMatch(/literal-secret|resolved-secret|abab/);
  expect(shown).toContain("Bearer ${KEY}");
  expect(shown).toContain("alice");
});

test("bytes are never shown, though the file says nothing in their place", () => {
  const keys = { a: new Uint8Array(32).fill(7), b: Buffer.alloc(32, 7) };
  const { config, written } = parseConfig(upstreams, {});
  const shown = redact({ ...config, cache: { ...config.cache, encrypt: { current: "a", keys } } }, written);
  expect(shown).toMatchObject({
    cache: { encrypt: { current: "a", keys: { a: "[redacted]", b: "[redacted]" } } },
  });
  expect(redact({ other: new Uint8Array([7]) }, undefined)).toEqual({ other: "[redacted]" });
});

test("an upstream is no place that only this machine can reach, however it is spelled", () => {
  const hosts = [
    ...["localhost", "a.localhost", "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0.0.0.0", "10.1.2.3"],
    ...["172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "[::1]", "[::]", "[::ffff:10.0.0.1]"],
    ...[
      "[fd00::1]",
      "[fe80::1]",
      "[::127.0.0.1]",
      "metadata.google.internal",
      "printer.local",
      "intranet",
      "localhost.",
    ],
  ];
  for (const host of hosts) {
    expect(problemOfUrl(`https://${host}/v1`, false), host).toContain("private");
    expect(problemOfUrl(`http://${host}/v1`, true), host).toBeUndefined();
  }
  for (const url of [
    "https://api.openai.com",
    "https://api.openai.com/v1",
    "https://8.8.8.8",
    "https://[2606:4700::1111]",
  ])
    expect(problemOfUrl(url, false), url).toBeUndefined();
  for (const url of [
    "http://api.openai.com",
    "file:///etc/passwd",
    "ftp://a.example.com",
    "https://a.example.com?x=1",
    "https://a.example.com#x",
    "nonsense",
  ])
    expect(problemOfUrl(url, true), url).toBeDefined();
});

test("every address of a private network is private", () => {
  const octet = fc.nat(255);
  fc.assert(
    fc.property(
      octet,
      octet,
      octet,
      (b, c, d) => isPrivateHost(`10.${b}.${c}.${d}`) && isPrivateHost(`127.${b}.${c}.${d}`),
    ),
  );
});

test("a pattern fits what a regular expression of it would", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
  fc.assert(
    fc.property(letters, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 }), (pattern, name) => {
      expect(matches(pattern, name)).toBe(new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(name));
    }),
  );
});

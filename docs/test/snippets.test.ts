import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { type LocalModel, startLocalModel } from "../../apps/local-model/src/index.ts";
import { startTimeout } from "../../apps/test-servers/src/index.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../scripts/run.ts";
import { readMembers, workspaceRoot } from "../../scripts/workspace.ts";
import { readSnippets, type Snippet, snippetsIn } from "./read-snippets.ts";
import { serverNames, shareServers } from "./snippet-servers.ts";

const snippets = readSnippets(workspaceRoot);
const runnable = snippets.filter(({ ignored }) => ignored === undefined);
const servers = shareServers(runnable.flatMap(({ needs }) => needs));

/** Inside the workspace, so that the types of Node are found, and ignored by git and by every tool. */
let folder: string;
let model: LocalModel;

beforeAll(async () => {
  mkdirSync(join(workspaceRoot, ".snippets"), { recursive: true });
  folder = mkdtempSync(join(workspaceRoot, ".snippets", "run-"));
  linkDependencies(join(folder, "node_modules"));
  for (const snippet of runnable) writeFileSync(fileOf(snippet), snippet.code);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(compilerSettings));
  model = await startLocalModel();
});

afterAll(async () => {
  await model.close();
  rmSync(folder, { recursive: true });
});

for (const { start, stop } of servers.values()) {
  beforeAll(start, startTimeout);
  afterAll(stop);
}

test("every snippet that is not run says why", () => {
  const unexplained = snippets.filter(({ ignored }) => ignored === "").map(placeOf);
  expect(unexplained, 'write "```ts ignore: reason"').toEqual([]);
});

test("every snippet needs servers that there are", () => {
  const unknown = snippets.flatMap((snippet) =>
    snippet.needs.filter((name) => !serverNames.includes(name)).map((name) => `${placeOf(snippet)}: ${name}`),
  );
  expect(unknown, `write "\`\`\`ts needs: " and one of ${serverNames.join(", ")}`).toEqual([]);
});

test("every snippet passes the type check", { timeout: 60_000 }, async () => {
  const { output } = await run(join(workspaceRoot, "node_modules/.bin/tsc"), ["-p", folder], { cwd: folder });
  // What is wrong in the packages themselves is for `pnpm check` to say.
  expect(output.split("\n").filter((line) => line.includes(".line-"))).toEqual([]);
});

for (const snippet of runnable) {
  test.concurrent(`${placeOf(snippet)} runs`, { timeout: 60_000 }, async (context) => {
    const variables = snippet.needs.map((name) => servers.get(name)?.orSkip(context).variables);
    const place = mkdtempSync(join(tmpdir(), "llmcache-snippet-"));
    try {
      const { output, exitCode } = await run(process.execPath, ["--conditions=@llmcache/source", fileOf(snippet)], {
        cwd: place,
        env: {
          ...process.env,
          OPENAI_BASE_URL: model.url,
          OPENAI_API_KEY: "local",
          ANTHROPIC_BASE_URL: model.origin,
          ANTHROPIC_API_KEY: "local",
          NODE_NO_WARNINGS: "1",
          ...Object.assign({}, ...variables),
        },
        timeoutMs: 30_000,
      });
      context.expect(exitCode, output).toBe(0);
    } finally {
      rmSync(place, { recursive: true });
    }
  });
}

test("blocks are read with their line, with what they need, and with the reason why they are not run", () => {
  const text =
    "# Title\n\n```ts\nconst a = 1;\n```\n\n```sh\nls\n```\n\n```ts ignore: needs a GPU\nx;\n```\n```ts ignore\ny;\n```\n```ts needs: redis, s3\nz;\n```\n";
  expect(snippetsIn("a.md", text)).toEqual([
    { document: "a.md", line: 3, code: "const a = 1;\n", ignored: undefined, needs: [] },
    { document: "a.md", line: 11, code: "x;\n", ignored: "needs a GPU", needs: [] },
    { document: "a.md", line: 14, code: "y;\n", ignored: "", needs: [] },
    { document: "a.md", line: 17, code: "z;\n", ignored: undefined, needs: ["redis", "s3"] },
  ]);
});

const compilerSettings = {
  extends: join(workspaceRoot, "tsconfig.test.json"),
  // A snippet may show a value without using it.
  compilerOptions: { noUnusedLocals: false, typeRoots: [join(workspaceRoot, "node_modules/@types")] },
  include: ["*.ts"],
};

function placeOf({ document, line }: Snippet): string {
  return `${document}:${line}`;
}

/** Named so that a compiler message leads back to the document. */
function fileOf({ document, line }: Snippet): string {
  return join(folder, `${document.replaceAll("/", ".")}.line-${line}.ts`);
}

/** Every package of the workspace, and everything that any of them depends on, so that a snippet can import what its readers would install. */
function linkDependencies(modules: string): void {
  const members = readMembers(workspaceRoot);
  for (const { path, manifest } of members) {
    if (manifest.name !== undefined) link(modules, manifest.name, join(workspaceRoot, path));
  }
  for (const { path } of members) {
    const installed = join(workspaceRoot, path, "node_modules");
    for (const name of installedIn(installed)) link(modules, name, realpathSync(join(installed, name)));
  }
}

function installedIn(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      name.startsWith("@") ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
    );
}

function link(modules: string, name: string, target: string): void {
  const at = join(modules, name);
  mkdirSync(dirname(at), { recursive: true });
  if (!existsSync(at)) symlinkSync(target, at, "dir");
}

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { Program } from "./program.ts";
import { runTool } from "./run-tool.ts";
import type { Launch } from "./run-server.ts";
import { ServerUnavailable } from "./server-unavailable.ts";

// What Debian signs its archive with. It is part of every Debian system, and apt checks each download by it.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

const libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];

/**
 * Packages of a Debian release, with all that they depend on down to the C library, unpacked into the folder. Nothing is installed, and
 * the release need not be that of the machine. It takes Debian on x64, and no rights beyond those of the user.
 */
export function debianPackages(title: string, suite: string, packages: readonly string[]): Program {
  return {
    title: `${title} from Debian ${suite}`,
    pin: { suite, packages },
    fetch: async (folder) => {
      if (process.platform !== "linux" || process.arch !== "x64" || !existsSync(keyring)) {
        throw new ServerUnavailable(`needs ${title}, which is fetched on Debian on x64 only`);
      }
      await fetchPackages(folder, suite, packages).catch((error: unknown) => {
        throw new ServerUnavailable(`needs ${title}: ${String(error)}`);
      });
    },
  };
}

/** How to start a program that came with `debianPackages`: with the C library that came with it. */
export function debianLaunch(folder: string, program: string, args: readonly string[]): Launch {
  const paths = libraries.map((path) => join(folder, path));
  const loader = paths.map((path) => join(path, "ld-linux-x86-64.so.2")).find((path) => existsSync(path));
  if (loader === undefined) throw new Error(`${folder} holds no C library`);
  return {
    file: loader,
    args: ["--library-path", paths.join(":"), "--argv0", program, join(folder, "usr/bin", program), ...args],
  };
}

async function fetchPackages(folder: string, suite: string, packages: readonly string[]): Promise<void> {
  // apt keeps its lists and downloads here, and so goes on where an earlier attempt broke off.
  const state = join(folder, ".apt");
  await mkdir(join(state, "lists/partial"), { recursive: true });
  await mkdir(join(state, "cache/archives/partial"), { recursive: true });
  await writeFile(join(state, "status"), "");
  await writeFile(
    join(state, "sources.list"),
    `deb [arch=amd64 signed-by=${keyring}] ${await debianMirror()} ${suite} main\n`,
  );
  const settings = [
    `Dir::Etc::sourcelist=${state}/sources.list`,
    "Dir::Etc::sourceparts=/dev/null",
    "Dir::Etc::preferencesparts=/dev/null",
    `Dir::State=${state}`,
    `Dir::State::status=${state}/status`,
    `Dir::Cache=${state}/cache`,
    "APT::Architecture=amd64",
    "APT::Get::List-Cleanup=false",
    "Acquire::Retries=3",
    "Acquire::http::Timeout=30",
  ].flatMap((setting) => ["-o", setting]);
  await runTool("apt-get", [...settings, "--error-on=any", "update"]);
  await runTool("apt-get", [
    ...settings,
    ...["install", "--yes", "--no-install-recommends", "--download-only"],
    ...packages,
  ]);
  const archives = join(state, "cache/archives");
  for (const file of await readdir(archives)) {
    if (file.endsWith(".deb")) await runTool("dpkg", ["--extract", join(archives, file), folder]);
  }
  // No program in here may give anybody the rights of root.
  await runTool("chmod", ["--recursive", "a-s", folder]);
  await rm(state, { recursive: true });
}

/** The mirror that this machine takes Debian itself from. */
async function debianMirror(): Promise<string> {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(await readFile("/etc/os-release", "utf8"))?.[1];
  const names = [release, "stable", "testing", "unstable", "sid"];
  const format = "$(RELEASE) $(COMPONENT) $(SITE)";
  const targets = await runTool("apt-get", ["indextargets", "--no-release-info", "--format", format]);
  for (const line of targets.split("\n")) {
    const [suite, component, site] = line.split(" ");
    if (site !== undefined && component === "main" && names.includes(suite)) return site;
  }
  throw new Error("apt has no mirror of Debian among its sources");
}

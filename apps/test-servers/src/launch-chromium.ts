import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { chromiumLibraries } from "./chromium.ts";
import { fetchProgram } from "./fetch-program.ts";

/** How a browser is started. */
export interface ChromiumLaunch {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/**
 * What `playwright-core` needs to start Chromium: `chromium.launch(await launchChromium())`.
 *
 * @throws ServerUnavailable where this machine cannot run it.
 */
export async function launchChromium(): Promise<ChromiumLaunch> {
  const folder = await fetchProgram("chromium");
  const fonts = join(tmpdir(), `llmcache-fonts-${process.getuid?.() ?? 0}`);
  await mkdir(fonts, { recursive: true });
  const fontsFile = join(fonts, "fonts.conf");
  await writeFile(
    fontsFile,
    `<?xml version="1.0"?><fontconfig><dir>${join(folder, "usr/share/fonts")}</dir><cachedir>${fonts}</cachedir></fontconfig>`,
  );
  return {
    executablePath: join(folder, "usr/lib/chromium/chromium"),
    // Its sandbox needs rights that containers do not give. It shows pages of the test's own, and no others.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    env: {
      LD_LIBRARY_PATH: chromiumLibraries.map((path) => join(folder, path)).join(":"),
      FONTCONFIG_FILE: fontsFile,
      HOME: fonts,
    },
  };
}

import { UsageError } from "../usage-error.ts";

/** Loads the package of a kind of store. @throws {UsageError} that says what to install where it is not there */
export async function loadPackage<Module>(name: string, scheme: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes(`'${name}'`)) throw error;
    throw new UsageError(`${scheme}: needs the package ${name}, beside @llmcache/cli: npm install ${name}`, {
      cause: error,
    });
  }
}

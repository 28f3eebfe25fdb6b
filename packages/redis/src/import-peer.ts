/** Loads a package that only some programs need. @throws {Error} that says what to install */
export async function importPeer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    throw new Error(`These credentials need the package ${name}, which cannot be loaded: npm install ${name}`, {
      cause: error,
    });
  }
}

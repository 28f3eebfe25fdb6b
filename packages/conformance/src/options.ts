/** @throws {TypeError} for options that are no object, a name that is not known, or a missing or other value where a function is due. */
export function checkOptions(owner: string, options: object, functionNames: readonly string[]): void {
  checkNames(owner, options, functionNames);
  for (const name of functionNames) {
    const given: unknown = (options as Record<string, unknown>)[name];
    if (given === undefined && name !== "create") continue;
    if (typeof given !== "function") throw new TypeError(`${owner}: ${name} must be a function`);
  }
}

function checkNames(owner: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw new TypeError(`${owner}: options must be an object`);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`${owner}: unknown option ${JSON.stringify(name)}; known are ${known.join(", ")}`);
    }
  }
}

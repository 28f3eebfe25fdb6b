/**
 * The parameters that LangChain writes into the key of a model, which is a list of `name:JSON` with commas between them. What cannot be read is
 * left out.
 */
export function paramsInKey(llmKey: string): Readonly<Record<string, unknown>> {
  const params: [string, unknown][] = [];
  let open = "";
  for (const piece of llmKey.split(/,(?=\w+:)/)) {
    open = open === "" ? piece : `${open},${piece}`;
    const colon = open.indexOf(":");
    const value = open.slice(colon + 1);
    try {
      // A function is written so.
      if (value !== "undefined") params.push([open.slice(0, colon), JSON.parse(value)]);
      open = "";
    } catch {
      // The comma was within a text, which the next piece goes on with.
    }
  }
  return Object.fromEntries(params);
}

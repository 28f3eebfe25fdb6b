/**
 * Whether a model, by its name, searches unasked, so that its answer depends on more than the call and should go past the cache: OpenRouter's
 * variant `…:online` of any model, OpenAI's that search and those for deep research, Perplexity's `sonar…`, Groq's `compound…`. Another vendor's, and
 * a deployment whose name hides the model, are not known here.
 */
export function searchesUnasked(model: unknown): boolean {
  return typeof model === "string" && searchingModel.test(model);
}

const searchingModel =
  /:online$|-search-(?:preview|api)(?:-\d{4}-\d\d-\d\d)?$|-deep-research(?:-\d{4}-\d\d-\d\d)?$|(?:^|\/)sonar(?:-[a-z]+)*$|(?:^|\/)compound(?:-beta)?(?:-mini)?$/;

import { ApiError } from "./api-error.ts";

const names = [
  "gpt-4o",
  "gpt-4o-mini",
  "o4-mini",
  "gpt-3.5-turbo-instruct",
  "text-embedding-3-small",
  "text-embedding-3-large",
];

const data = names.map((id) => ({ id, object: "model", created: 1_715_367_049, owned_by: "local-model" }));

const all = { object: "list", data };

const path = /^\/v1\/models(?:\/(?<name>.+))?$/;

/**
 * The body of `GET /v1/models` and `GET /v1/models/{model}`; `undefined` at another path. The model answers under any other name as well.
 *
 * @throws {ApiError} for a name that is not in the list
 */
export function modelsAt(requested: string): object | undefined {
  const match = path.exec(requested);
  const name = match?.groups?.["name"];
  if (match === null || name === undefined) return match === null ? undefined : all;
  const found = data.find((model) => model.id === decodeURIComponent(name));
  if (found === undefined)
    throw new ApiError(404, `There is no model ${JSON.stringify(name)}.`, {
      code: "model_not_found",
      parameter: "model",
    });
  return found;
}

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

/** The body of `GET /v1/models`. The model answers under any other name as well. */
export const models: object = { object: "list", data };

/** The body of `GET /v1/models/{model}`. @throws {ApiError} for a name that is not in the list. */
export function modelNamed(name: string): object {
  const found = data.find((model) => model.id === name);
  if (found === undefined)
    throw new ApiError(404, `There is no model ${JSON.stringify(name)}.`, {
      code: "model_not_found",
      parameter: "model",
    });
  return found;
}

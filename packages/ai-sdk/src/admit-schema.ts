import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { textOf } from "./is-complete.ts";
import type { Answer } from "./answer-forms.ts";

/** A schema of any library that follows Standard Schema 1 (standardschema.dev): zod, valibot, arktype, … */
export interface Schema {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
  };
}

interface SchemaResult {
  readonly issues?: readonly unknown[] | undefined;
}

/**
 * Admits structured output only where it is valid: for the option `admit`. The JSON schema that the model is given is checked without it;
 * this adds what no JSON schema says, such as refinements. Answers that are no structured output, calls of tools included, are admitted.
 *
 * @throws {TypeError} for what is no such schema
 */
export function admitSchema(schema: Schema): (answer: Answer, params: LanguageModelV4CallOptions) => Promise<boolean> {
  if (typeof schema?.["~standard"]?.validate !== "function")
    throw new TypeError("admitSchema: the schema must follow Standard Schema 1");
  return async ({ content, structuredOutputText }, { responseFormat }) => {
    if (responseFormat?.type !== "json" || content.some(({ type }) => type === "tool-call")) return true;
    const value: unknown = JSON.parse(structuredOutputText ?? textOf(content));
    const { issues } = await schema["~standard"].validate(value);
    return issues === undefined;
  };
}

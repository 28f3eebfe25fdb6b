import { member } from "./question.ts";

/** Makes a value that follows a JSON schema, the same each time. Texts in it are `topic`. */
export function exampleOf(schema: unknown, topic: string): unknown {
  const allowed = member(schema, "enum");
  if (Array.isArray(allowed)) return allowed[0];
  const constant = member(schema, "const");
  if (constant !== undefined) return constant;
  const alternatives = member(schema, "anyOf") ?? member(schema, "oneOf");
  if (Array.isArray(alternatives)) return exampleOf(alternatives[0], topic);
  switch ([member(schema, "type")].flat()[0]) {
    case "string":
      return topic;
    case "integer":
      return 1;
    case "number":
      return 1.5;
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return [exampleOf(member(schema, "items"), topic)];
    default:
      return exampleOfObject(schema, topic);
  }
}

function exampleOfObject(schema: unknown, topic: string): Record<string, unknown> {
  const properties = Object.entries(member(schema, "properties") ?? {});
  return Object.fromEntries(properties.map(([name, property]) => [name, exampleOf(property, topic)]));
}

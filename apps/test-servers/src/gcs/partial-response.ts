import { invalid } from "./api-error.ts";
import { isRecord } from "./stored-object.ts";

/** Which members are wanted, and of those that have members which. `true`: all of it. */
interface Selection {
  [member: string]: Selection | true;
}

/**
 * The part of a resource that `fields` asks for: `a,b/c,items(name,size)`, with `*` for every member
 * (cloud.google.com/storage/docs/json_api#partial-response).
 */
export function selectFields(resource: object, fields: string | null): unknown {
  if (fields === null || fields === "") return resource;
  const tokens = fields.match(/[A-Za-z0-9_*]+|[(),/]/g) ?? [];
  if (tokens.join("") !== fields.replaceAll(/\s/g, "")) throw invalid(`Invalid field selection ${fields}`);
  const selection = parseList(tokens);
  if (tokens.length > 0) throw invalid(`Invalid field selection ${fields}`);
  return select(resource, selection);
}

/** Takes what it has read from the front of the tokens. */
function parseList(tokens: string[]): Selection {
  const selection: Selection = {};
  do {
    const name = tokens.shift();
    if (name === undefined || /^[(),/]$/.test(name)) throw invalid("Invalid field selection");
    selection[name] = parseMembers(tokens);
  } while (tokens[0] === "," && tokens.shift() !== undefined);
  return selection;
}

function parseMembers(tokens: string[]): Selection | true {
  if (tokens[0] === "/") {
    tokens.shift();
    const name = tokens.shift();
    if (name === undefined) throw invalid("Invalid field selection");
    return { [name]: parseMembers(tokens) };
  }
  if (tokens[0] !== "(") return true;
  tokens.shift();
  const members = parseList(tokens);
  if (tokens.shift() !== ")") throw invalid("Invalid field selection");
  return members;
}

function select(value: unknown, selection: Selection | true): unknown {
  if (selection === true) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => select(one, selection));
  if (!isRecord(value)) return value;
  const wanted = Object.entries(value).flatMap(([name, member]) => {
    const part = selection[name] ?? selection["*"];
    return part === undefined ? [] : [[name, select(member, part)] as const];
  });
  return Object.fromEntries(wanted);
}

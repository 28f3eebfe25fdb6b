/**
 * JSON within texts, for people to read: the body of a response, the arguments of a tool. A text that is exactly what `JSON.stringify` makes of an object
 * or an array is shown as that, under a name that says how it was spelled; any other stays a text.
 */
const spellings = { $json: undefined, $indented: 2 } as const;

/** A value with the JSON in its texts shown. */
export function showJson(value: unknown): unknown {
  if (typeof value === "string") return showText(value);
  return eachMember(value, showJson);
}

/** What `showJson` made it from. */
export function hideJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const [[name, shown] = ["", undefined], ...others] = Object.entries(value);
  if (others.length === 0 && Object.hasOwn(spellings, name) && !Array.isArray(value))
    return JSON.stringify(hideJson(shown), undefined, spellings[name as keyof typeof spellings]);
  return eachMember(value, hideJson);
}

function showText(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    for (const [name, indent] of Object.entries(spellings))
      if (JSON.stringify(value, undefined, indent) === text) return { [name]: showJson(value) };
  } catch {
    // It only begins like JSON.
  }
  return text;
}

function eachMember(value: unknown, change: (member: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member)]));
}

/** Control characters, what changes the direction of text, and what some take for the end of a line; with what follows in a sequence of colour. */
const suspicious = /[\p{Cc}\p{Bidi_Control}\u2028\u2029](?:\[\d+m)?/gu;

/** By these `styleText` makes text bold, dim or coloured. The worst that a name could do with them is to be colourful. */
const styles: ReadonlySet<string> = new Set(
  [1, 2, 22, 31, 32, 33, 35, 36, 39].map((code) => `${String.fromCharCode(27)}[${code}m`),
);

/**
 * Text that a terminal shows and does not obey: names of scopes and answers of models come from anywhere. In JSON it means the same as before.
 */
export function printable(text: string): string {
  return text.replaceAll(suspicious, (found) => {
    if (found.startsWith("\n") || styles.has(found)) return found;
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}${found.slice(1)}`;
  });
}

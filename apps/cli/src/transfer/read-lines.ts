import { StringDecoder } from "node:string_decoder";

/** The lines of a stream, with their numbers from 1, holding no more than the one that is being read. Empty ones are left out. */
export async function* readLines(
  input: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<{ readonly number: number; readonly text: string }> {
  const decoder = new StringDecoder("utf8");
  let number = 1;
  let rest: string[] = [];
  const finished = () => {
    const text = rest.join("");
    rest = [];
    return text;
  };
  for await (const chunk of input) {
    const [first = "", ...others] = (typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk))).split("\n");
    rest.push(first);
    for (const other of others) {
      const text = finished();
      if (text.trim() !== "") yield { number, text };
      number++;
      rest.push(other);
    }
  }
  rest.push(decoder.end());
  const text = finished();
  if (text.trim() !== "") yield { number, text };
}

import stringWidth from "string-width";

/** The lines of a table. Columns of which every cell below the head begins with a digit stand to the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const columns = head.map((_, index) => ({
    width: Math.max(...all.map((row) => stringWidth(row[index] ?? ""))),
    right: rows.every((row) => /^\d/.test(row[index] ?? "")),
  }));
  return all.map((row) =>
    columns
      .map(({ width, right }, index) => {
        const cell = row[index] ?? "";
        const space = " ".repeat(width - stringWidth(cell));
        return right ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd(),
  );
}

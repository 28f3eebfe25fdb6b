/** The result codes of SQLite that something is done about (https://www.sqlite.org/rescode.html). */
export const sqliteCodes = {
  permission: 3,
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** The primary result code of an error of `node:sqlite`, or `undefined` for any other error. */
export function sqliteCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  // The upper bytes of an extended code only say more about the primary one.
  return error.errcode & 0xff;
}

/** Whether an error says that the file itself is damaged, and that asking again is no use. */
export function isCorruption(error: unknown): boolean {
  const code = sqliteCodeOf(error);
  return code === sqliteCodes.corrupt || code === sqliteCodes.notADatabase;
}

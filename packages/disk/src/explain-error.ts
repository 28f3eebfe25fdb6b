import { longestWaitMs } from "./wait-while-busy.ts";
import { isCorruption, sqliteCodeOf, sqliteCodes } from "./sqlite-error.ts";

/**
 * An error whose message says what to do, with the original as its `cause`, where there is something to do; otherwise the original.
 */
export function explainError(error: unknown, directory: string): unknown {
  const advice = adviceFor(error, directory);
  if (advice === undefined) return error;
  return new Error(`${advice} (${error instanceof Error ? error.message : String(error)})`, { cause: error });
}

function adviceFor(error: unknown, directory: string): string | undefined {
  if (isCorruption(error))
    return `The cache in ${directory} is damaged and could not be replaced by a new one: delete the folder`;
  switch (adviceCode(error)) {
    case sqliteCodes.full:
    case "ENOSPC":
    case "EDQUOT":
      return `The disk of ${directory} is full, so nothing new is stored: free space on it, or give the cache a smaller maxBytes than it has room for`;
    case "EROFS":
      return `${directory} is on a file system that is mounted read-only: mount it writable, or give the cache another directory`;
    case sqliteCodes.readOnly:
    case sqliteCodes.cannotOpen:
    case sqliteCodes.permission:
    case "EACCES":
    case "EPERM":
      return `${directory} cannot be read and written: give the user of this process the right to do so, for the folder and the files in it`;
    case "ENOENT":
      return `${directory} cannot be made: see whether the folder above it is there and can be written`;
    case "ENOTDIR":
    case "EEXIST":
      return `${directory} is not a folder: give the cache a directory of its own`;
    case sqliteCodes.ioError:
      return `The files in ${directory} cannot be read or written: check the disk, its quota and the system's log`;
    case sqliteCodes.busy:
      return `Another process has held the cache in ${directory} locked for ${longestWaitMs / 1000} s: see whether one hangs`;
    default:
      return undefined;
  }
}

function adviceCode(error: unknown): number | string | undefined {
  const code = sqliteCodeOf(error);
  if (code !== undefined) return code;
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

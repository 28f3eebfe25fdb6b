export function execFile(): never {
  throw new Error("no other program is started from here");
}

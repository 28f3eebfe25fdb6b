/** Something that whoever typed the command can put right by typing another: it is shown with a hint to the help, and ends with code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

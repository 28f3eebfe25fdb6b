/** Something that the one who started the demo can put right: it is shown without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a test wants to know of an error in another process. */
export function describeError(error: unknown): { readonly message: string; readonly cause: string } {
  if (!(error instanceof Error)) return { message: String(error), cause: "" };
  return { message: error.message, cause: error.cause instanceof Error ? error.cause.message : String(error.cause) };
}

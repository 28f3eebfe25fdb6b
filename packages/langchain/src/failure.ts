/**
 * An error that trying again would not mend (a wrong key, a wrong parameter): it must reach its caller even where a stale answer could take
 * its place. So it travels as an answer that cannot be stored.
 */
export class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** Whether the model has answered that the request is wrong. What has no status is the network, or a model on this machine. */
export function isLasting(error: unknown): boolean {
  if (typeof error !== "object" || error === null || !("status" in error)) return false;
  const { status } = error;
  return typeof status === "number" && status >= 400 && status < 500 && ![408, 409, 429].includes(status);
}

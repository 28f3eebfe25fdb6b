import { AISDKError, APICallError } from "@ai-sdk/provider";

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

/** Calls the model. @throws what a stale answer may take the place of: the model is down, overloaded or out of reach */
export async function orFailure<Answer>(ask: () => PromiseLike<Answer>): Promise<Answer | Failure> {
  try {
    return await ask();
  } catch (error) {
    const isLasting = APICallError.isInstance(error) ? !error.isRetryable : AISDKError.isInstance(error);
    if (isLasting) return new Failure(error);
    throw error;
  }
}

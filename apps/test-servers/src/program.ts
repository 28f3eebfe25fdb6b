/** Something that is fetched before a server can be started. */
export interface Program {
  /** How progress and reasons call it. */
  readonly title: string;
  /** What it is made of. When this changes, it is fetched again. */
  readonly pin: unknown;
  /**
   * Fills the folder. What an earlier, broken attempt left there is still there.
   *
   * @throws ServerUnavailable where this machine cannot.
   */
  fetch(folder: string): Promise<void>;
}

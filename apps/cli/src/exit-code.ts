/** How a command ends, for scripts. The last three are what a shell reports of a program that the signal has ended. */
export const exitCode = { fine: 0, wrong: 1, usage: 2, interrupted: 130, pipeClosed: 141, terminated: 143 } as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The reason that a command is broken off with. */
export class BrokenOff extends Error {
  override readonly name = "BrokenOff";
  readonly code: ExitCode;

  constructor(code: ExitCode) {
    super("broken off");
    this.code = code;
  }

  /** Why a signal was aborted, in a code. `undefined`: it was not. */
  static codeOf({ reason }: AbortSignal): ExitCode | undefined {
    return reason instanceof BrokenOff ? reason.code : undefined;
  }
}

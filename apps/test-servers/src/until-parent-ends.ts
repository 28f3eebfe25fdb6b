/**
 * A program that the kernel ends when the process that starts it is gone, even after a SIGKILL: on Linux, by a tool that is part of
 * every Debian system.
 */
export function untilParentEnds({ file, args }: { readonly file: string; readonly args: readonly string[] }): {
  readonly file: string;
  readonly args: readonly string[];
} {
  return { file: "setpriv", args: ["--pdeathsig", "KILL", file, ...args] };
}

import { Buffer as FromPackage } from "buffer/index.js";

const { equals } = FromPackage.prototype;

// Node's takes any bytes, the package's its own only.
FromPackage.prototype.equals = function equalsBytes(other: Uint8Array): boolean {
  return equals.call(this, FromPackage.from(other));
};

/** Node's `Buffer`, which tests use and core does not. */
export const Buffer = (globalThis.Buffer as typeof globalThis.Buffer | undefined) ?? FromPackage;

export function promisify(action: unknown): unknown {
  return action;
}

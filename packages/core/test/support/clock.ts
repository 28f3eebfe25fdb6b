/** A clock that only moves when it is told to. */
export interface FakeClock {
  (): number;
  advance(seconds: number): void;
}

export function fakeClock(startAt = 1_700_000_000_000): FakeClock {
  let now = startAt;
  const clock = (): number => now;
  return Object.assign(clock, {
    advance(seconds: number) {
      now += seconds * 1000;
    },
  });
}

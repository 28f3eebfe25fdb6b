import type { Features } from "../features/features.ts";
import { type Guard, show } from "./guard.ts";

/** From A to B, and from B to A: between the same places, in another direction. */
export const direction: Guard = ({ asked, stored }) => {
  const turned = ways(asked, both) === ways(stored, both) && ways(asked, there) !== ways(stored, there);
  if (!turned && !asked.directions.some((way) => isTurned(way, asked, stored))) return undefined;
  const detail = `${show(ways(asked, there))} is asked, ${show(ways(stored, there))} is stored`;
  return { code: "direction", reason: "They go in opposite directions.", detail };
};

type Way = Features["directions"][number];

const there = ([from, to]: Way) => `${from} to ${to}`;
const both = (way: Way) => way.toSorted().join(" and ");

/** Whether only one of them goes that way, and only the other back. */
function isTurned([from, to]: Way, asked: Features, stored: Features): boolean {
  const goes = ({ directions }: Features, start: string, end: string) =>
    directions.some(([one, other]) => one === start && other === end);
  return from !== to && goes(stored, to, from) && !goes(stored, from, to) && !goes(asked, to, from);
}

function ways({ directions }: Features, written: (way: Way) => string): string {
  return directions.map(written).toSorted().join("\n");
}

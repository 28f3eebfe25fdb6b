import { judge } from "./cache-control.ts";
import { type Content, decodeContent } from "./content.ts";
import type { Flight, FlightKind } from "./flight.ts";
import { isAccepted } from "./plans.ts";
import type { Request } from "./request.ts";
import type { Visit } from "./slot.ts";

/** The flight that a request may join instead of beginning its own. */
export function joinable(request: Request, kind: FlightKind, visit: Visit): Flight | undefined {
  const { controls, call } = request;
  return find(request, kind, visit, (content) => {
    return controls.accepts === undefined || isAccepted(controls, decodeContent(content), call);
  });
}

/** The flight of the other kind that may spare a request its own, because its caller says what to make of such an answer. */
export function adaptable(request: Request, kind: FlightKind, visit: Visit): Flight | undefined {
  const { collect, replay } = request.controls;
  const [other, adapt] = kind === "value" ? (["stream", collect] as const) : (["value", replay] as const);
  return adapt && find(request, other, visit, () => true);
}

/** @param accepts asked of an answer that was there before the request came, and is only still being written */
function find(
  { controls, settings }: Request,
  kind: FlightKind,
  { slot, since }: Visit,
  accepts: (content: Content) => boolean,
): Flight | undefined {
  if (settings.options.coalesce === "off") return undefined;
  const wanted = { kind, noCache: controls.noCache === true, variant: controls.variant ?? "" };
  return slot.joinable(wanted, since, ({ freshness, landing }) => {
    const isFresh = freshness !== undefined && judge(freshness, controls, settings.clock()) === "fresh";
    return isFresh && landing?.content !== undefined && accepts(landing.content);
  });
}

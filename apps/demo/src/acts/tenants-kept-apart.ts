import { ask } from "../ask.ts";
import type { Stage } from "../stage.ts";

const question = "What did we agree on for the launch?";

/** The same call of two tenants is two entries. */
export async function tenantsKeptApart(stage: Stage): Promise<void> {
  const act = stage.begin(
    "Tenants kept apart",
    "Two customers of one service send the very same question. Neither ever gets what was answered to the other.",
  );
  const [acme, globex] = [stage.clientOf("acme"), stage.clientOf("globex")];
  const acmeFirst = await ask(stage, act, "Acme", question, { client: acme });
  const globexFirst = await ask(stage, act, "Globex", question, { client: globex });
  const acmeAgain = await ask(stage, act, "Acme again", question, { client: acme });
  const globexAgain = await ask(stage, act, "Globex again", question, { client: globex });
  act.show("");
  act.expect(
    "each tenant's first call is a miss, the second a hit",
    [acmeFirst, globexFirst].every((reply) => reply.status === "miss") &&
      [acmeAgain, globexAgain].every((reply) => reply.status.startsWith("hit")),
  );
  act.expect(
    "each hit is the tenant's own answer",
    acmeAgain.id === acmeFirst.id && globexAgain.id === globexFirst.id && acmeFirst.id !== globexFirst.id,
  );
  act.expectAsked(2);
}

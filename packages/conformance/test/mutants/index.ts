import { abortMutants } from "./abort.ts";
import { batchMutants } from "./batches.ts";
import { capabilityMutants } from "./capabilities.ts";
import { expiryMutants } from "./expiry.ts";
import { failureMutants } from "./failure.ts";
import { handleMutants } from "./handles.ts";
import { keyMutants } from "./keys.ts";
import { listMutants } from "./list.ts";
import type { Mutants } from "./mutant.ts";
import { raceMutants } from "./races.ts";
import { swapMutants } from "./swap.ts";
import { valueMutants } from "./values.ts";

/** For every check of the suite, the lying backends that it must catch. */
export const mutants: Mutants = {
  ...capabilityMutants,
  ...valueMutants,
  ...keyMutants,
  ...expiryMutants,
  ...abortMutants,
  ...raceMutants,
  ...failureMutants,
  ...handleMutants,
  ...swapMutants,
  ...batchMutants,
  ...listMutants,
};

import { join } from "node:path";

/** Where fetched servers are kept: a folder of the workspace that git ignores. Deleting it makes the next run fetch them again. */
export const servicesFolder: string = join(import.meta.dirname, "../../../.services");

import type { Row } from "../row.ts";
import { diskGetRow, diskPutRow } from "./disk-rows.ts";
import { gatewayRows } from "./gateway-rows.ts";
import { gcsGetRow, gcsPutRow } from "./gcs-rows.ts";
import { heapRow } from "./heap-row.ts";
import { importRow } from "./import-row.ts";
import { keyPerInputRow, keyRows } from "./key-rows.ts";
import { largeDiskRow } from "./large-disk-row.ts";
import { memoryHitRows } from "./memory-hit-rows.ts";
import { objectStoreRows } from "./object-store-rows.ts";
import { processStampedeRows } from "./process-stampede-rows.ts";
import { redisRows } from "./redis-rows.ts";
import { semanticRows } from "./semantic-rows.ts";
import { stallRow } from "./stall-row.ts";
import { stampedeRows } from "./stampede-rows.ts";

/** Every row, in the order of the table. */
export const allRows: readonly Row[] = [
  ...keyRows,
  keyPerInputRow,
  ...memoryHitRows,
  heapRow,
  ...stampedeRows,
  ...processStampedeRows,
  ...redisRows,
  diskGetRow,
  diskPutRow,
  gcsGetRow,
  gcsPutRow,
  ...objectStoreRows,
  ...gatewayRows,
  ...semanticRows,
  stallRow,
  largeDiskRow,
  importRow,
];

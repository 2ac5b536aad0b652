import type { ColumnTypes } from "../capabilities.ts";

/** One step forward. A step that was released is never changed; a further step mends it. */
export interface Migration {
  /** Four digits, then what changes. */
  name: string;
  statements(types: ColumnTypes): readonly string[];
}

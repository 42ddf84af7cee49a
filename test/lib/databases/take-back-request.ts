import type { TakeBackRequest } from "../../../lib/databases/rollback-port.js";

/** Asks for the load `g1` of `people` to be taken back, of which nobody changed anything. */
export function takeBackRequest(changes: Partial<TakeBackRequest> = {}): TakeBackRequest {
  return {
    migration: "M-1",
    table: "people",
    generation: "g1",
    unit: undefined,
    key: ["id"],
    images: undefined,
    onChanges: async () => {
      throw new Error("nobody changed anything");
    },
    ...changes,
  };
}

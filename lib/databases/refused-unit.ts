import { StageError } from "../model/errors.js";

/** The verdict on a unit of which the database refuses a row: of so few rows none is put aside. */
export function refusedUnit({ message, cause }: StageError): StageError {
  return new StageError(
    "difference",
    `the target refuses the row: ${message}; nothing was written`,
    "correct the row in its source, or the mapping, then run the same command again",
    cause,
  );
}

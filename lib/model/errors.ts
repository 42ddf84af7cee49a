/** What went wrong, as an outsider must tell it apart: the kind alone decides the exit code. */
export type ErrorKind =
  | "difference"
  | "usage"
  | "integrity"
  | "missing"
  | "unreachable"
  | "disk"
  | "temporary"
  | "forbidden"
  | "specification";

/** Exit codes after sysexits.h, so that Kubernetes, Slurm, Airflow and make can tell "retry" from "stop". */
export const exitCodes = {
  difference: 1,
  usage: 64,
  integrity: 65,
  missing: 66,
  unreachable: 69,
  bug: 70,
  disk: 74,
  temporary: 75,
  forbidden: 77,
  specification: 78,
} as const satisfies Record<ErrorKind | "bug", number>;

/** What each exit code means; `--help` and the README print this very table. */
export const exitCodeMeanings: readonly (readonly [number, string])[] = [
  [0, "done, and checked"],
  [1, "the data says no: a difference, or too many rejects"],
  [64, "wrong arguments"],
  [65, "integrity: a count, checksum or chain is broken"],
  [66, "an input is missing: manifest, part, mapping folder"],
  [69, "a database was never reached"],
  [70, "a bug in Waybill: the stack is printed"],
  [74, "the disk: full, read-only, or it fails"],
  [75, "try again later: locked by another run, or a connection was lost"],
  [77, "not allowed: a privilege is missing"],
  [78, "the specification is wrong: file, line and cure"],
  [130, "interrupted (SIGINT; 143 for SIGTERM, 129 for SIGHUP): run again to go on"],
];

/**
 * The one error a person is meant to read. `message` says what is true, with names and both numbers; `hint` says
 * what to type next. Anything else that is thrown is a bug in Waybill and prints its stack.
 */
export class StageError extends Error {
  override readonly name = "StageError";
  readonly kind: ErrorKind;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.hint = hint;
  }
}

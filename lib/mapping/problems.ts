import { StageError } from "../model/errors.js";

/** Where a problem stands: a file of the migration's folder and a line of it, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number | undefined;
}

/** One thing wrong with the specification: what is true, and the cure. */
export interface Problem extends Place {
  readonly text: string;
  readonly hint: string;
  /** The source column that the extract does not have, if that is the problem. */
  readonly sourceColumn?: string;
}

/** More than these are not shown at once: the first ones explain the rest. */
const shownProblems = 20;

/** Throws one error of kind "specification" (exit 78) that lists every problem, a line each; does nothing without any. */
export function assertNoProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const all = distinct(problems);
  const shown = inOrder(all).slice(0, shownProblems);
  const lines = shown.map((problem) => `${placeText(problem)}: ${problem.text}`);
  const left = all.length - shown.length;
  if (left > 0) lines.push(`and ${left} more`);
  const hints = [...new Set(shown.map((problem) => problem.hint))];
  throw new StageError("specification", lines.join("\n"), hints.join("\n"));
}

const placeText = ({ file, line }: Place): string => (line === undefined ? file : `${file}:${line}`);

/** By file as they were found, then by line. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  return problems.toSorted(
    (left, right) => files.indexOf(left.file) - files.indexOf(right.file) || (left.line ?? 0) - (right.line ?? 0),
  );
}

// What is wrong in a union is wrong in each of its extracts; it is told once.
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [`${placeText(problem)}: ${problem.text}`, problem])).values()];
}

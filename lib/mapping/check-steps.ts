import { didYouMean } from "../model/nearest.js";
import { checksumColumn } from "../model/resource.js";
import type { SourceColumn } from "./compiled.js";
import type { SpecificationFile, Step, Table } from "./migration.js";
import type { Problem } from "./problems.js";
import { isSame } from "./query.js";

/** Where steps lie: everything below it is part of the fingerprint of every table that has a step. */
export const stepsFolder = "steps/";

type Complaint = readonly [text: string, hint: string];

/** Every step names a file below steps/ that is there, and no column twice. */
export function checkSteps(tables: readonly Table[], files: readonly SpecificationFile[]): readonly Problem[] {
  return tables.flatMap((table) =>
    table.steps.flatMap((step, index) => [
      ...problems(table, step, fileComplaints(step, files)),
      ...problems(table, step, nameComplaints(step, table.steps.slice(0, index))),
    ]),
  );
}

function problems({ file, lines }: Table, { rule }: Step, complaints: readonly Complaint[]): readonly Problem[] {
  return complaints.map(([text, hint]) => ({ file, line: lines.get(rule), text: `${rule}: ${text}`, hint }));
}

function fileComplaints({ file }: Step, files: readonly SpecificationFile[]): readonly Complaint[] {
  const paths = files.map(({ path }) => path).filter((path) => path.startsWith(stepsFolder));
  if (paths.includes(file)) return [];
  const text = `${JSON.stringify(file)} is not there${didYouMean(file, paths)}`;
  return [[text, "put the file into the migration's steps/ and write steps/NAME.ts"]];
}

function nameComplaints({ adds, replaces }: Step, before: readonly Step[]): readonly Complaint[] {
  const taken = before.flatMap((step) => step.adds);
  return adds.flatMap((name, index): readonly Complaint[] => {
    if (name.startsWith("~") || name.startsWith("_") || isSame(name, checksumColumn))
      return [[`column ${JSON.stringify(name)} is reserved`, "give it a name that begins with a letter"]];
    if ([...adds.slice(0, index), ...replaces, ...taken].some((other) => isSame(other, name)))
      return [
        [`column ${JSON.stringify(name)} is made twice`, "give each column a name of its own, whatever its case"],
      ];
    return [];
  });
}

/** What only the source's columns can tell: what is added is new, what is replaced is there. */
export function stepProblems(table: Table, sourceColumns: readonly SourceColumn[]): readonly Problem[] {
  const names = sourceColumns.map(({ name }) => name);
  return table.steps.flatMap((step) => [
    ...problems(table, step, addedComplaints(step, names)),
    ...replacedProblems(table, step, names),
  ]);
}

function addedComplaints({ adds }: Step, names: readonly string[]): readonly Complaint[] {
  return adds.flatMap((name): readonly Complaint[] => {
    const twin = names.find((other) => isSame(other, name));
    if (twin === undefined) return [];
    const text = `adds ${JSON.stringify(name)}, but the source has a column ${JSON.stringify(twin)}`;
    return [[text, `to stand in for it write replaces: [${twin}]; else give the new column another name`]];
  });
}

function replacedProblems(table: Table, step: Step, names: readonly string[]): readonly Problem[] {
  const unknown = step.replaces.filter((name) => !names.includes(name));
  return unknown.flatMap((name) => {
    const text = `extract ${table.extracts.join()} has no column ${JSON.stringify(name)} to replace${didYouMean(name, names)}`;
    const hint = `its columns: ${names.join(", ")}; a new column belongs to adds:`;
    return problems(table, step, [[text, hint]]).map((problem) => ({ ...problem, sourceColumn: name }));
  });
}

import { type RowStep, reject } from "waybill/steps";
import { initialsOf, nameFirst } from "./shared/names.js";
import titles from "./shared/titles.json" with { type: "json" };

/** "Otieno, Dr Wanjiru" becomes "Wanjiru Otieno"; what the note holds is told apart. */
export const step: RowStep = (row) => {
  const { name } = row;
  if (name === undefined || name === null) return reject("a person without a name");
  const written = nameFirst(name, titles);
  return { ...row, name: written, initials: initialsOf(written), kind: kindOf(row["note"] ?? null) };
};

function kindOf(note: string | null): string | null {
  if (note === null) return "none";
  return note === "\\N" ? "text \\N" : note === "" ? "" : null;
}

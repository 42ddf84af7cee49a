import { printable } from "./reporter.js";

/** How wide each column has to be for these rows; `mostLetters` is the widest any may get. */
export function columnWidths(rows: readonly (readonly string[])[], mostLetters: number): readonly number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) =>
    Math.min(mostLetters, Math.max(0, ...rows.map((row) => lettersOf(row[column] ?? "").length))),
  );
}

/** One line of a table, its cells padded or cut to the widths; it stays one line whatever the cells hold. */
export function tableLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => fitted(lettersOf(cell), widths[column] ?? 0))
    .join("  ")
    .trimEnd();
}

function fitted(letters: readonly string[], width: number): string {
  if (letters.length > width) return `${letters.slice(0, Math.max(0, width - 1)).join("")}…`;
  return letters.join("") + " ".repeat(width - letters.length);
}

// A line feed inside a value would break the table as surely as an escape sequence would.
function lettersOf(text: string): readonly string[] {
  return [...printable(text.replaceAll("\n", "?"))];
}

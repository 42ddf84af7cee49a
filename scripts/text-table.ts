/** Lines of cells as a table in aligned columns: numbers to the right, all else to the left. */
export function textTable(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const isNumeric = widths.map((_, column) => lines.slice(1).every((line) => /^[-\d.,]*$/.test(line[column] ?? "")));
  const padded = (cell: string, column: number) =>
    isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return lines.map((line) => line.map(padded).join("  ").trimEnd()).join("\n");
}

import { type Content, type Html, html } from "./html.js";

/** More than these fit on paper only in small letters. */
const manyColumns = 9;

/** A column of a table; numbers stand at its right edge. */
export interface TableColumn {
  readonly title: string;
  readonly kind?: "number" | "text";
}

/** Rows that belong together, under a heading of their own where they have one. */
export interface RowGroup {
  readonly title?: Content;
  /** The first cell of each row names it. */
  readonly rows: readonly (readonly Content[])[];
}

export interface DataTable {
  /** Names it in the page: unique, and never from the data. */
  readonly id: string;
  readonly caption: Content;
  readonly columns: readonly TableColumn[];
  readonly groups: readonly RowGroup[];
}

/**
 * A table with a caption and headings that a screen reader finds, in a region that scrolls by itself, by keyboard too:
 * the page never grows wider than the screen.
 */
export function dataTable({ id, caption, columns, groups }: DataTable): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}">
<table${columns.length > manyColumns ? html` class="wide"` : undefined}><caption id="${id}">${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${classOf(column)}>${column.title}</th>`)}</tr></thead>
${groups.map((group) => groupMarkup(group, columns))}</table></div>
`;
}

function groupMarkup({ title, rows }: RowGroup, columns: readonly TableColumn[]): Html {
  const heading =
    title === undefined
      ? undefined
      : html`<tr class="group"><th scope="rowgroup" colspan="${columns.length}">${title}</th></tr>
`;
  return html`<tbody>
${heading}${rows.map((cells) => rowMarkup(cells, columns))}</tbody>
`;
}

function rowMarkup(cells: readonly Content[], columns: readonly TableColumn[]): Html {
  const [first, ...others] = cells.map((cell, index) => ({ cell, column: columns[index] }));
  if (first === undefined) return html``;
  return html`<tr><th scope="row"${classOf(first.column)}>${first.cell}</th>${others.map(
    ({ cell, column }) => html`<td${classOf(column)}>${cell}</td>`,
  )}</tr>
`;
}

function classOf(column: TableColumn | undefined): Html {
  return column?.kind === "number" ? html` class="n"` : html``;
}

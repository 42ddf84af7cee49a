import { migrationSchema } from "../lib/mapping/migration-schema.js";
import { tableSchema } from "../lib/mapping/table-schema.js";
import { validationSchema } from "../lib/report/validation.js";
import { type JsonSchema, jsonSchemaOf, jsonSchemaOfFile, keysOf } from "./json-schema.js";

/**
 * The JSON Schemas that editors complete and check a specification with, and that of validate/report.json, by path.
 * `formats` is the text of FORMATS.md: what it says beside a key is what an editor shows of it.
 */
export function publishedSchemas(formats: string): ReadonlyMap<string, string> {
  const rows = (block: string): Rows => rowsOf(formats, block);
  const words: Rows = new Map([...rows("origins"), ...rows("rules")]);
  const column = new Map(
    [...rows("column-keys")].map(([key, about]) => [key, [about, words.get(key)].filter(Boolean).join(". ")]),
  );
  const migration = rows("migration-keys");
  const table = new Map([
    ...rows("table-keys"),
    ...below("columns.NAME.", column),
    ...below("columns.NAME.rules[].", column),
    ...below("expect[].", rows("expectation-keys")),
  ]);
  return new Map([
    ["schemas/migration.schema.json", textOf(jsonSchemaOf(migrationSchema), "Waybill: migration.yaml", migration)],
    ["schemas/table.schema.json", textOf(jsonSchemaOf(tableSchema), "Waybill: the file of a target table", table)],
    [
      "schemas/report.schema.json",
      textOf(jsonSchemaOfFile(validationSchema), "Waybill: validate/report.json", rows("report-keys")),
    ],
  ]);
}

/** What a table of FORMATS.md says, by the name in its first column. */
type Rows = ReadonlyMap<string, string>;

function rowsOf(formats: string, block: string): Rows {
  const start = formats.indexOf(`<!-- from the code: ${block} -->`);
  const lines = formats.slice(start, formats.indexOf("<!-- end -->", start)).split("\n");
  const found = lines.map((line) => /^\| `([^`]+)` \| (.+) \|$/.exec(line));
  return new Map(found.flatMap((row) => (row === null ? [] : [[row[1] ?? "", (row[2] ?? "").replaceAll("\\|", "|")]])));
}

function below(above: string, rows: Rows): Rows {
  return new Map([...rows].map(([key, about]) => [`${above}${key}`, about]));
}

function textOf(json: JsonSchema, title: string, about: Rows): string {
  for (const { path, schema: at } of keysOf(json)) {
    const description = about.get(path);
    if (description !== undefined) at.description = description;
  }
  return `${JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", title, ...json }, null, 2)}\n`;
}

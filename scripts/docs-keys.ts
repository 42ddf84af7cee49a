import type { z } from "zod";
import { columnSchema } from "../lib/mapping/column-schema.js";
import { expectationSchema } from "../lib/mapping/expectation-schema.js";
import { migrationSchema } from "../lib/mapping/migration-schema.js";
import { tableSchema } from "../lib/mapping/table-schema.js";
import { validationSchema } from "../lib/report/validation.js";
import { type JsonSchema, jsonSchemaOf, jsonSchemaOfFile, keysOf } from "./json-schema.js";

/** Every key that may stand in migration.yaml, `a.b` for a key below another. */
export const migrationKeys = (): readonly string[] => keysIn(migrationSchema, []);

/** Every key of a table's file but those of a column and of a test. */
export const tableKeys = (): readonly string[] => keysIn(tableSchema, ["columns.NAME.", "expect[]."]);

/** Every key of a column. What stands in an item of `rules:` stands on the column too. */
export const columnKeys = (): readonly string[] => keysIn(columnSchema, ["rules[]."]);

/** Every key of a line of `expect:`. */
export const expectationKeys = (): readonly string[] => keysIn(expectationSchema, []);

/** Every field of validate/report.json. */
export const reportKeys = (): readonly string[] => pathsIn(jsonSchemaOfFile(validationSchema));

function keysIn(schema: z.ZodType, elsewhere: readonly string[]): readonly string[] {
  const paths = pathsIn(jsonSchemaOf(schema));
  return paths.filter((path) => !elsewhere.some((start) => path.startsWith(start)));
}

function pathsIn(json: JsonSchema): readonly string[] {
  return [...new Set(keysOf(json).map(({ path }) => path))];
}

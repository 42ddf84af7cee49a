import { z } from "zod";
import { writtenForm } from "../lib/mapping/grammar.js";

/** A JSON Schema, or a part of one. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * The JSON Schema of what a schema of the specification reads, as an editor's YAML sees it. The grammar reads every
 * scalar as text, an editor makes numbers and booleans of some: text may be either. What the grammar checks beyond the
 * shape is left to `waybill check`: the JSON Schema accepts all that the grammar does, and more.
 */
export function jsonSchemaOf(schema: z.core.$ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: "draft-07",
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const form = writtenForm(zodSchema);
      if (form === undefined) adapt(zodSchema, jsonSchema);
      else replace(jsonSchema, jsonSchemaOf(form));
    },
  });
  return json;
}

/** The JSON Schema of a file that Waybill writes: as it stands there, and open for what later versions add. */
export function jsonSchemaOfFile(schema: z.core.$ZodType): JsonSchema {
  const override = ({ jsonSchema }: { readonly jsonSchema: JsonSchema }): void => {
    delete jsonSchema.readOnly;
  };
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: "draft-07", io: "input", override });
  return json;
}

function replace(json: JsonSchema, other: JsonSchema): void {
  for (const key of Object.keys(json)) Reflect.deleteProperty(json, key);
  Object.assign(json, other);
}

function adapt({ _zod: { def } }: z.core.$ZodTypes, json: JsonSchema): void {
  switch (def.type) {
    case "string":
      Object.assign(json, { type: ["string", "number", "boolean"] });
      return;
    case "enum":
      json.enum = Object.values(def.entries).flatMap(asYaml);
      delete json.type;
      return;
    case "number":
      // Beyond this, JavaScript counts wrongly: nobody has to read that in an editor.
      if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
      return;
    case "map":
      replace(json, { type: "object", additionalProperties: jsonSchemaOf(def.valueType), minProperties: 1 });
      return;
    default:
      return;
  }
}

/** A word of the grammar, and what YAML makes of it where it stands without quotation marks. */
function asYaml(word: string | number): (string | number | boolean | null)[] {
  switch (word) {
    case "null":
      return [word, null];
    case "true":
    case "false":
      return [word, word === "true"];
    default:
      return [word];
  }
}

/** A key of a specification: `a.b` for one below another, `[]` for the members of a list, NAME for a free one. */
export interface SchemaKey {
  readonly path: string;
  readonly schema: JsonSchema;
}

/** Every key that a schema knows, each before the keys below it. */
export function keysOf(schema: JsonSchema | boolean | undefined, above = ""): readonly SchemaKey[] {
  if (typeof schema !== "object") return [];
  const { anyOf = [], properties = {}, additionalProperties, items } = schema;
  const below = above === "" ? "" : `${above}.`;
  return [
    ...anyOf.flatMap((branch) => keysOf(memberOf(branch), above)),
    ...Object.entries(properties).flatMap(([name, value]) => [
      ...(typeof value === "object" ? [{ path: `${below}${name}`, schema: value }] : []),
      ...keysOf(value, `${below}${name}`),
    ]),
    ...keysOf(additionalProperties, `${below}NAME`),
    ...(Array.isArray(items) ? [] : keysOf(items, `${above}[]`)),
  ];
}

// What may stand once or in a list has the same keys in both.
function memberOf(branch: JsonSchema | boolean): JsonSchema | boolean {
  if (typeof branch !== "object" || branch.items === undefined || Array.isArray(branch.items)) return branch;
  return branch.items;
}

/**
 * The constraints of the published Data Package 2.0 profile (https://datapackage.org/profiles/2.0/datapackage.json, JSON
 * Schema draft 7) that a descriptor of local CSV files can break, rule by rule. The profile lies offline in dplib-py 1.1.0
 * on PyPI, with which the manifests were checked once; nothing on npm carries version 2.
 */
export function violations(descriptor: unknown): readonly string[] {
  const { $schema, name, resources } = descriptor as Members;
  return [
    ...unless($schema === "https://datapackage.org/profiles/2.0/datapackage.json", "$schema"),
    ...unless(typeof name === "string", "name"),
    ...unless(Array.isArray(resources) && resources.length > 0, "resources: at least one"),
    ...list(resources).flatMap((resource, index) =>
      resourceViolations(resource).map((what) => `resources[${index}].${what}`),
    ),
  ];
}

type Members = Readonly<Record<string, unknown>>;

const pathPattern = /^((?=[^./~])(?!file:)((?!\/\.\.\/)(?!\\)(?!:\/\/).)*|(http|ftp)s?:\/\/.*)$/;
const hashPattern = /^([^:]+:[a-fA-F0-9]+|[a-fA-F0-9]{32}|)$/;
const texts = ["format", "encoding"] as const;

function resourceViolations(resource: Members): readonly string[] {
  return [
    ...unless(typeof resource.name === "string", "name"),
    ...unless(pathPattern.test(String(resource.path)), "path"),
    ...unless(!("data" in resource), "data and path exclude each other"),
    ...unless(resource.type === "table", "type"),
    ...texts.flatMap((member) => unless(typeof resource[member] === "string", member)),
    ...unless(/^(.+)\/(.+)$/.test(String(resource.mediatype)), "mediatype"),
    ...unless(Number.isInteger(resource.bytes), "bytes"),
    ...unless(hashPattern.test(String(resource.hash)), "hash"),
    ...dialectViolations(resource.dialect as Members),
    ...schemaViolations(resource.schema as Members),
  ];
}

function dialectViolations(dialect: Members): readonly string[] {
  const booleans = ["header", "doubleQuote"].flatMap((member) =>
    unless(typeof dialect[member] === "boolean", `dialect.${member}`),
  );
  const strings = ["delimiter", "lineTerminator", "quoteChar", "nullSequence"];
  return [
    ...booleans,
    ...strings.flatMap((member) => unless(typeof dialect[member] === "string", `dialect.${member}`)),
  ];
}

const types = ["string", "integer", "number", "boolean", "date", "time", "datetime"];

function schemaViolations({ fields, missingValues, primaryKey, ...others }: Members): readonly string[] {
  const names = list(fields).map((field) => field.name);
  return [
    ...unless(names.length > 0, "schema.fields: at least one"),
    ...unless(!("fieldsMatch" in others), "schema.fieldsMatch"),
    ...unless(
      Array.isArray(missingValues) && missingValues.every((value) => typeof value === "string"),
      "schema.missingValues",
    ),
    ...unless(
      primaryKey === undefined || (Array.isArray(primaryKey) && primaryKey.every((key) => names.includes(key))),
      "schema.primaryKey",
    ),
    ...list(fields).flatMap((field) =>
      fieldViolations(field).map((what) => `schema.fields ${String(field.name)}: ${what}`),
    ),
  ];
}

function fieldViolations(field: Members): readonly string[] {
  return [
    ...unless(typeof field.name === "string", "name"),
    ...unless(types.includes(String(field.type)), "type"),
    ...unless(
      field.format === undefined || field.type === "datetime" || field.type === "time" || field.type === "date",
      "format",
    ),
    ...unless((field.trueValues === undefined) === (field.type !== "boolean"), "trueValues"),
  ];
}

function list(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value : [];
}

function unless(holds: boolean, what: string): readonly string[] {
  return holds ? [] : [what];
}

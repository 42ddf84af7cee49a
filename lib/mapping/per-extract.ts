import { z } from "zod";
import { type ExtractName, extractName } from "../model/names.js";
import { name, pairsOf } from "./grammar.js";
import type { Table } from "./migration.js";
import type { Origin, PlainOrigin } from "./settled-origin.js";

/** One value for all extracts of a table, or one for each of those named. */
export type PerExtract<Value> =
  | { readonly kind: "all"; readonly value: Value }
  | { readonly kind: "each"; readonly values: readonly (readonly [string, Value])[] };

/** What `schema` reads, or a map of extracts to it. */
export function perExtract<Schema extends z.ZodType>(schema: Schema) {
  return z.union([
    schema.transform((value): PerExtract<z.output<Schema>> => ({ kind: "all", value })),
    pairsOf(name, schema).transform((values): PerExtract<z.output<Schema>> => ({ kind: "each", values })),
  ]);
}

/** The origin that `make` makes of a value, for all extracts or for each. */
export function originOfEach<Value>(values: PerExtract<Value>, make: (value: Value) => PlainOrigin): Origin {
  if (values.kind === "all") return make(values.value);
  const origins = values.values.map(([extract, value]) => ({ extract: extractName(extract), origin: make(value) }));
  return { kind: "per_extract", origins };
}

/** Two values side by side, for the extracts that both are given for. */
export function bothOf<One, Other>(one: PerExtract<One>, other: PerExtract<Other>): PerExtract<readonly [One, Other]> {
  if (one.kind === "all" && other.kind === "all") return { kind: "all", value: [one.value, other.value] };
  const names = [one, other].flatMap((values) => (values.kind === "each" ? values.values.map(([key]) => key) : []));
  const values = [...new Set(names)].flatMap((extract) =>
    valuesFor(one, extract).flatMap((left) =>
      valuesFor(other, extract).map((right) => [extract, [left, right]] as const),
    ),
  );
  return { kind: "each", values };
}

// A list of one, or of none: the value itself may be null.
function valuesFor<Value>(values: PerExtract<Value>, extract: string): readonly Value[] {
  if (values.kind === "all") return [values.value];
  return values.values.flatMap(([key, value]) => (key === extract ? [value] : []));
}

/** The origin of one extract's values; a fault of the specification where it names none for it was told before. */
export function originFor(origin: Origin, extract: ExtractName): PlainOrigin {
  if (origin.kind !== "per_extract") return origin;
  const found = origin.origins.find((one) => one.extract === extract);
  if (found === undefined) throw new TypeError(`no origin for extract ${extract}`);
  return found.origin;
}

/** All origins a column has, with the extract each is for; undefined: for all of them. */
export function originsOf(
  origin: Origin,
): readonly { readonly extract: ExtractName | undefined; readonly origin: PlainOrigin }[] {
  return origin.kind === "per_extract" ? origin.origins : [{ extract: undefined, origin }];
}

/** The table as one of its extracts sees it: its own origins, and the filters and rejects that its rows pass. */
export function tableOf(table: Table, extract: ExtractName): Table {
  const isMeant = (rule: { readonly extract: ExtractName | undefined }): boolean =>
    rule.extract === undefined || rule.extract === extract;
  return {
    ...table,
    extracts: [extract],
    filters: table.filters.filter(isMeant),
    rejects: table.rejects.filter(isMeant),
    columns:
      table.columns === "all"
        ? "all"
        : table.columns.map((column) => ({ ...column, origin: originFor(column.origin, extract) })),
  };
}

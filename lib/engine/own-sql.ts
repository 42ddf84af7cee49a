import type { Table } from "../mapping/migration.js";

/** SQL that a table's file wrote itself, by the name of its rule. */
export interface OwnSql {
  readonly rule: string;
  readonly expression: string;
  /** Whether it is asked for true or false; else for a value. */
  readonly isCondition: boolean;
  /** Where it stands, as `lines` of the table knows it. */
  readonly place: string;
}

/** Every piece of SQL in a table's file, in the order in which they are applied. */
export function ownSql(table: Table): readonly OwnSql[] {
  const columns = table.columns === "all" ? [] : table.columns;
  return [
    ...table.filters.map(({ rule, sql: expression }) => condition(rule, expression, rule)),
    // What stands on a column of ours was not written by anybody.
    ...table.rejects.flatMap(({ rule, when, reasonColumn }) =>
      reasonColumn === undefined ? [condition(rule, when, rule)] : [],
    ),
    ...columns.flatMap(({ name, origin, rules }) => {
      const place = `columns.${name}`;
      const own = origin.kind === "sql" ? [{ rule: place, expression: origin.sql, isCondition: false, place }] : [];
      const conditions = rules.flatMap(({ rule, onlyIf }) =>
        onlyIf === undefined ? [] : [condition(`${rule} only_if`, onlyIf, place)],
      );
      return [...own, ...conditions];
    }),
  ];
}

function condition(rule: string, expression: string, place: string): OwnSql {
  return { rule, expression, isCondition: true, place };
}

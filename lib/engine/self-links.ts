import { identifier, literal, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import type { MappingPlan, ParentLink } from "./plan-mapping.js";
import type { Tables } from "./settle-sql.js";

/** A reference of a table into itself, and where the candidates hold what is referred to and what refers. */
export interface SelfLink {
  readonly link: ParentLink & { readonly ownColumn: number };
  readonly own: Sql;
  readonly reference: Sql;
}

/** The references of the table into itself. */
export function selfLinks({ parents }: MappingPlan): readonly SelfLink[] {
  return parents.flatMap((link, index) => {
    const { ownColumn } = link;
    if (ownColumn === undefined) return [];
    return [
      { link: { ...link, ownColumn }, own: identifier(`own${index}`), reference: identifier(`reference${index}`) },
    ];
  });
}

/** Lets references to deduplicated rows of the same table follow their winners. */
export function followWinners(plan: MappingPlan, tables: Tables): readonly Sql[] {
  return selfLinks(plan).map(
    ({ own, reference }) => sql`UPDATE ${tables.candidates} AS c SET ${reference} = merged.kept FROM
      (SELECT loser.${own} AS lost, min(winner.${own}) AS kept FROM ${tables.settled} AS s
        JOIN ${tables.candidates} AS loser ON loser.part = s.part AND loser.row = s.row
        JOIN ${tables.candidates} AS winner ON winner.part = s.winner_part AND winner.row = s.winner_row
        WHERE loser.${own} IS NOT NULL AND loser.${own} NOT IN (${alive(tables, own)}) GROUP BY loser.${own}) AS merged
      WHERE c.${reference} = merged.lost AND c.disposition IS NULL AND merged.kept IS NOT NULL`,
  );
}

/** One round of the cascade within the table: rejects rows whose parent is not there. Run it until it settles none. */
export function cascadeRound(plan: MappingPlan, tables: Tables): readonly Sql[] {
  return selfLinks(plan).flatMap((self) =>
    self.link.relationship.otherwise === "reject" ? rejectLost(self, tables) : [],
  );
}

function rejectLost({ link, own, reference }: SelfLink, tables: Tables): readonly Sql[] {
  const { rule, column, parent } = link.relationship;
  const gone = sql`(SELECT min(p.rule) FROM ${tables.candidates} p WHERE p.${own} = c.${reference})`;
  const reason = sql`coalesce(${literal(`${column}: its parent in ${parent} was not written (`)} || ${gone} || ')', ${literal(`${column}: it has no parent in ${parent}`)})`;
  const lost = isLost(tables, { own, reference });
  return [
    sql`INSERT INTO ${tables.settled} SELECT part, row, 'rejected', ${literal(rule)}, ${reason}, NULL, NULL, NULL, NULL, NULL
      FROM ${tables.candidates} c WHERE ${lost}`,
    sql`UPDATE ${tables.candidates} AS c SET disposition = 'rejected', rule = ${literal(rule)} WHERE ${lost}`,
  ];
}

/** After the last round: takes away the references whose parent is not there, where the mapping says so. */
export function dropLostReferences(plan: MappingPlan, tables: Tables): readonly Sql[] {
  return selfLinks(plan).flatMap(({ link, own, reference }) =>
    link.relationship.otherwise === "null"
      ? [sql`UPDATE ${tables.candidates} AS c SET ${reference} = NULL WHERE ${isLost(tables, { own, reference })}`]
      : [],
  );
}

function isLost(tables: Tables, { own, reference }: Pick<SelfLink, "own" | "reference">): Sql {
  return sql`c.disposition IS NULL AND c.${reference} IS NOT NULL AND c.${reference} NOT IN (${alive(tables, own)})`;
}

function alive(tables: Tables, own: Sql): Sql {
  return sql`SELECT ${own} FROM ${tables.candidates} WHERE disposition IS NULL AND ${own} IS NOT NULL`;
}

import type { Relationship } from "../mapping/migration.js";
import { identifier, literal, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import { lostReason, untranslatedReason } from "./lost-parents.js";
import type { MappingPlan, ParentLink, SettleTables } from "./plan-mapping.js";
import { makeSourceKeys } from "./source-keys.js";

// Tables that refer to one another in a ring are settled as one, on the candidates of them all; a table that refers to
// itself is a ring of one. None of them has to be written for the others to know what became of its rows.

/** Where candidates hold the column of that index, for those who refer to it. */
export const ownName = (column: number): Sql => identifier(`own${column}`);

/** A link within the ring, and where the child's candidates hold the reference and whether it got lost. */
export interface InnerLink {
  readonly link: ParentLink;
  readonly reference: Sql;
  readonly lost: Sql;
}

/** The links of a table that stay within its ring. */
export function innerLinks({ parents }: MappingPlan): readonly InnerLink[] {
  return parents.flatMap((link, index) =>
    link.outside === undefined
      ? [{ link, reference: identifier(`reference${index}`), lost: identifier(`lost${index}`) }]
      : [],
  );
}

/** A link within the ring with the tables of both its ends. */
export interface RingLink extends Pick<InnerLink, "reference" | "lost"> {
  readonly relationship: Relationship;
  readonly child: SettleTables;
  readonly parent: SettleTables;
  readonly own: Sql;
}

/** Every link between the tables of a ring, in one order whichever of them is asked. */
export function ringLinks(ring: readonly MappingPlan[]): readonly RingLink[] {
  return ring.flatMap((plan) =>
    innerLinks(plan).flatMap(({ link: { relationship }, reference, lost }) => {
      const parent = ring.find(({ table }) => table.name === relationship.parent);
      const column = parent?.compiled.columns.findIndex(({ name }) => name === relationship.parentColumn);
      if (parent === undefined || column === undefined) return [];
      const own = ownName(column);
      return [{ relationship, child: plan.firstPass, parent: parent.firstPass, own, reference, lost }];
    }),
  );
}

/** Source keys become the target keys that their rows are about to get; a duplicate's becomes its winner's. */
export function translateKeys(link: RingLink): readonly Sql[] {
  const { relationship, child, parent, own, reference } = link;
  if (relationship.translates === undefined) return [];
  // As `load-parents` reads it from a ledger: a row that lost its own parent had its key before.
  const lines = sql`SELECT p.key, CASE WHEN p.disposition = 'deduplicated' THEN coalesce(s.winner_target_key, p.${own})
      WHEN p.disposition IS NULL OR p.rule = p.orphan_rule THEN p.${own} END AS target, p.rule
    FROM ${parent.candidates} AS p LEFT JOIN ${parent.settled} AS s ON s.part = p.part AND s.row = p.row
    WHERE p.extract = ${literal(relationship.translates.extract)} AND p.key IN (SELECT ${reference} FROM ${child.candidates})`;
  return [
    ...makeSourceKeys(sql`translated`, lines, true),
    sql`CREATE OR REPLACE TEMP TABLE missed AS SELECT c.part, c.row, ${untranslatedReason(relationship, sql`found`)} AS reason
      FROM ${child.candidates} AS c LEFT JOIN translated AS found ON found."~key" = c.${reference}
      WHERE c.disposition IS NULL AND c.${reference} IS NOT NULL AND found."~target" IS NULL`,
    sql`UPDATE ${child.candidates} AS c SET ${reference} = found."~target" FROM translated AS found
      WHERE found."~key" = c.${reference} AND found."~target" IS NOT NULL`,
    ...loseMissed(link),
  ];
}

/** Lets references to deduplicated rows follow their winners. */
export function followWinners({ child, parent, own, reference }: RingLink): Sql {
  return sql`UPDATE ${child.candidates} AS c SET ${reference} = merged.kept FROM
      (SELECT loser.${own} AS lost, min(winner.${own}) AS kept FROM ${parent.settled} AS s
        JOIN ${parent.candidates} AS loser ON loser.part = s.part AND loser.row = s.row
        JOIN ${parent.candidates} AS winner ON winner.part = s.winner_part AND winner.row = s.winner_row
        WHERE loser.${own} IS NOT NULL AND loser.${own} NOT IN (${alive({ parent, own })}) GROUP BY loser.${own}) AS merged
      WHERE c.${reference} = merged.lost AND c.disposition IS NULL AND merged.kept IS NOT NULL`;
}

/** One round of the cascade within the ring: rejects rows whose parent is not there. Run it until it settles none. */
export function cascadeRound(links: readonly RingLink[]): readonly Sql[] {
  return links.filter(({ relationship }) => relationship.otherwise.kind === "reject").flatMap(loseParents);
}

/** After the last round: takes away the references whose parent is not there, where the mapping says so. */
export function dropLostReferences(links: readonly RingLink[]): readonly Sql[] {
  return links.filter(({ relationship }) => relationship.otherwise.kind === "value").flatMap(loseParents);
}

function loseParents(link: RingLink): readonly Sql[] {
  const { relationship, child, parent, own, reference } = link;
  const rule = sql`(SELECT min(p.rule) FROM ${parent.candidates} p WHERE p.${own} = c.${reference})`;
  return [
    sql`CREATE OR REPLACE TEMP TABLE missed AS SELECT c.part, c.row, ${lostReason(relationship, rule)} AS reason
      FROM ${child.candidates} AS c WHERE c.disposition IS NULL AND c.${reference} IS NOT NULL AND c.${reference} NOT IN (${alive({ parent, own })})`,
    ...loseMissed(link),
  ];
}

function loseMissed({ relationship: { otherwise, rule }, child, reference, lost }: RingLink): readonly Sql[] {
  const here = sql`FROM missed WHERE c.part = missed.part AND c.row = missed.row`;
  switch (otherwise.kind) {
    case "keep":
      return [];
    case "value":
      return [
        sql`UPDATE ${child.candidates} AS c SET ${reference} = ${literal(otherwise.value)}, ${lost} = true ${here}`,
      ];
    case "reject":
      return [
        sql`INSERT INTO ${child.settled} SELECT part, row, 'rejected', ${literal(rule)}, reason, NULL, NULL, NULL, NULL, NULL, NULL FROM missed`,
        sql`UPDATE ${child.candidates} AS c SET disposition = 'rejected', rule = ${literal(rule)}, orphan_rule = ${literal(rule)} ${here}`,
      ];
    default:
      return otherwise satisfies never;
  }
}

function alive({ parent, own }: Pick<RingLink, "parent" | "own">): Sql {
  return sql`SELECT ${own} FROM ${parent.candidates} WHERE disposition IS NULL AND ${own} IS NOT NULL`;
}

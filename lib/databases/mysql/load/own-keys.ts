import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { ForeignKey } from "../../port.js";
import type { LoadRequest } from "../../target-port.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { describeTable } from "../describe-table.js";
import { literal } from "../identifiers.js";
import { withWords } from "../server-errors.js";
import { countOrphans } from "./foreign-keys.js";
import { ofTable } from "./generations.js";
import { hasLedger } from "./ledger.js";
import type { TargetConnection } from "./target-connection.js";

/** The server's number for a row that refers to none. */
export const noParent = 1452;

/** The foreign keys of a table that its rows must obey: those in place, and those that stand aside; not those to tables whose turn comes later. */
export async function ownKeys(
  connection: Connection,
  table: FoundTable,
  { rejects }: Pick<LoadRequest, "rejects">,
): Promise<readonly ForeignKey[]> {
  const { foreignKeys } = await describeTable(connection, table);
  const aside = (await hasLedger(connection))
    ? await connection.query(sql`SELECT name, definition, parent FROM waybill_definitions
        WHERE ${ofTable(table.qualifiedName)} AND kind = ${literal("foreign key")}`)
    : [];
  const saved = aside.flatMap(([name, definition, parent]) => {
    const [own, others] = namesIn(definition ?? "");
    const isThere = foreignKeys.some((key) => key.name === name);
    if (isThere || own === undefined || others === undefined) return [];
    return [{ name: name ?? "", columns: own, parent: parent ?? "", parentColumns: others }];
  });
  return [...foreignKeys, ...saved].filter(({ parent }) => !rejects.later.includes(parent));
}

const names = "((?:`(?:[^`]|``)*`,? ?)+)";
const shape = new RegExp(`FOREIGN KEY \\(${names}\\) REFERENCES (?:\`(?:[^\`]|\`\`)*\`\\.?)+ \\(${names}\\)`);

/** The columns on both sides of `FOREIGN KEY (…) REFERENCES … (…)`, as SHOW CREATE TABLE writes it. */
function namesIn(definition: string): readonly (readonly string[] | undefined)[] {
  const [, own, others] = shape.exec(definition) ?? [];
  return [own, others].map((list) =>
    list === undefined
      ? undefined
      : [...list.matchAll(/`((?:[^`]|``)*)`/g)].map(([, name = ""]) => name.replaceAll("``", "`")),
  );
}

/**
 * Throws what the foreign keys of a table have against the rows of another one like it, before that takes its place: once
 * it has, nobody could take it back as if it had never been.
 */
export async function assertOwnKeysHold(
  connection: TargetConnection,
  { live, rows, request }: { readonly live: FoundTable; readonly rows: FoundTable; readonly request: LoadRequest },
): Promise<void> {
  for (const key of await ownKeys(connection, live, request)) {
    const parent = key.parent === live.qualifiedName ? rows.qualifiedName : key.parent;
    const orphans = await countOrphans(connection, { child: rows, key: { ...key, parent } });
    if (orphans === 0) continue;
    const message = `${live.qualifiedName}: ${orphans} rows refer to no row of ${key.parent} (foreign key ${key.name}); nothing was changed`;
    throw new StageError(
      "integrity",
      message,
      "correct the rows, or load their parents; or let such rows be put aside: load: { on_reject: quarantine }",
      withWords(Object.assign(new Error("orphans"), { errno: noParent }), `CONSTRAINT \`${key.name}\` FOREIGN KEY`),
    );
  }
}

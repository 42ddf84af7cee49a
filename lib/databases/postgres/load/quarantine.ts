import type { QuarantineDatabase } from "../../quarantine-port.js";
import { findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { refusalOf } from "../server-errors.js";
import { lostKeys } from "./lost-parents.js";
import { takeOutOrphans } from "./self-references.js";

/** PostgreSQL, as looking for refused rows needs it. */
export function quarantineOf(connection: Connection): QuarantineDatabase {
  return {
    execute: (statement) => connection.execute(statement),
    qualifiedName: async (table) => (await findTable(connection, table)).qualifiedName,
    refusalOf,
    lostKeys: (parents) => lostKeys(connection, parents),
    takeOutOrphans: (referring) => takeOutOrphans(connection, referring),
  };
}

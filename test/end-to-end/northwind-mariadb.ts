/** The types of Northwind's columns in PostgreSQL, and what holds the same in MariaDB. */
const types: readonly (readonly [RegExp, string])[] = [
  [/\bcharacter varying\b/g, "varchar"],
  [/\bbytea\b/g, "longblob"],
  [/\breal\b/g, "float"],
  [/\bALTER TABLE ONLY\b/g, "ALTER TABLE"],
];

/** Northwind's schema as MariaDB takes it, without a row, out of the script for PostgreSQL. */
export function mariadbSchema(script: string): string {
  const statements = script
    .split(/;\s*$/m)
    .filter((one) => /^\s*(CREATE|ALTER) TABLE/m.test(one.replace(/^--.*$/gm, "")));
  const texts = statements.map((one) => types.reduce((text, [from, to]) => text.replace(from, to), one));
  // There a foreign key names the columns it refers to.
  return texts
    .map((text) =>
      text.replace(
        /FOREIGN KEY \((\w+)\) REFERENCES (\w+)$/m,
        (_, own, parent) => `FOREIGN KEY (${own}) REFERENCES ${parent} (${keyOf(own)})`,
      ),
    )
    .join(";\n");
}

// Of two columns only is the name not that of the key it refers to.
function keyOf(column: string): string {
  return { ship_via: "shipper_id", reports_to: "employee_id" }[column] ?? column;
}

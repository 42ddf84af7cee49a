import { type Contest, type Places, waybill } from "./contests.js";
import { quoted } from "./measure.js";

/** The variables that these contests find in the environment, beside those of the others. */
export interface MariadbPlaces extends Places {
  /** The migration that copies a table of MariaDB into PostgreSQL as it is. */
  readonly copied: string;
  /** The options by which MariaDB's own programs reach the server. */
  readonly client: string;
}

/** The registry's people in MariaDB, with the key that its ids are not. `$BENCH_MARIADB_URL` names the database. */
export const mariadbTable = `CREATE TABLE beneficiaries (
  id integer NOT NULL, beneficiary_name text, registration_date text, location_code text, programme_id integer,
  household_size integer, phone text, notes text, updated_at datetime(6),
  row_no integer AUTO_INCREMENT PRIMARY KEY)`;

/** What is there where the copy goes: the types that pgloader gives it too. */
export const copiedTable = `CREATE TABLE beneficiaries (
  id bigint NOT NULL, beneficiary_name text, registration_date text, location_code text, programme_id bigint,
  household_size bigint, phone text, notes text, updated_at timestamp, row_no bigint PRIMARY KEY)`;

/** A migration without rules. */
export const copyMigration = {
  "migration.yaml": `migration: BENCH
source: \${WAYBILL_SOURCE_URL}
target: \${WAYBILL_TARGET_URL}
extracts:
  beneficiaries: { row_checksum: false }
acceptance: { sample: 100 }
`,
  "beneficiaries.yaml": "table: beneficiaries\ncolumns: all\nledger: exceptions\n",
} as const;

/** Fills `mariadbTable` with what PostgreSQL's registry holds: the text format of COPY is that of LOAD DATA. */
export function fillMariadb({ client }: MariadbPlaces): string {
  const columns =
    "id, beneficiary_name, registration_date, location_code, programme_id, household_size, phone, notes, updated_at";
  const load = `LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE beneficiaries CHARACTER SET utf8mb4 (${columns})`;
  const rows = `psql "$WAYBILL_SOURCE_URL" -qc ${quoted(`\\copy beneficiaries (${columns}) TO STDOUT`)}`;
  return `${rows} | mariadb ${client} --local-infile -e ${quoted(load)}`;
}

/** The stages on a source that is MariaDB, against what others take for less. */
export function mariadbContests(places: MariadbPlaces): readonly Contest[] {
  const { copied, peer, client } = places;
  const stage = (name: string) =>
    `env WAYBILL_SOURCE_URL="$BENCH_MARIADB_URL" WAYBILL_TARGET_URL="$BENCH_COPY_URL" ${waybill(places, copied, name)} --force`;
  const dump = `${peer}/mydumper`;
  return [
    {
      work: "extract from MariaDB, no row checksum",
      prepare: [],
      ours: stage("extract"),
      peers: [
        {
          name: "mariadb --quick --batch | gzip -1",
          command: `mariadb ${client} --quick --batch -e 'SELECT * FROM beneficiaries' | gzip -1 >${quoted(`${peer}/mariadb.gz`)}`,
          aim: 0.8,
        },
        {
          name: "mydumper -c",
          command: `mydumper ${client.replace(/ \S+$/, "")} -B registry -T beneficiaries -c -o ${quoted(dump)}`,
          aim: 0.45,
        },
      ],
    },
    {
      work: "MariaDB to PostgreSQL, four stages, every row compared",
      prepare: [],
      ours: ["extract", "transform", "load", "validate"].map(stage).join(" && "),
      peers: [
        {
          name: "pgloader, which only copies",
          command: 'pgloader --quiet "$BENCH_PGLOADER_SOURCE" "$BENCH_PGLOADER_URL"',
          aim: 0.75,
        },
      ],
    },
  ];
}

import { quoted } from "./measure.js";

/** What one piece of work is measured against, and the ratio ours/peer that DESIGN asks for. */
export interface Peer {
  readonly name: string;
  readonly command: string;
  readonly aim: number;
}

export interface Contest {
  readonly work: string;
  /** Brings everything to where the command can be run again and again; not measured. */
  readonly prepare: readonly string[];
  /** Run before each run of ours, and not measured either. */
  readonly reset?: string;
  readonly ours: string;
  readonly peers: readonly Peer[];
}

/** Folders of the run: two work directories and migrations, with and without the expensive promises, and the peers' files. */
export interface Places {
  readonly root: string;
  /** No row checksum, and a ledger of the exceptions only. */
  readonly lean: string;
  /** Row checksums and the ledger of every row, as the migration says by itself. */
  readonly full: string;
  /** One row in a hundred, upserted. */
  readonly delta: string;
  readonly peer: string;
}

/** A stage as it is typed, on the beneficiaries or on what `names` says. */
export function waybill({ root }: Places, variant: string, stage: string, names = "beneficiaries"): string {
  const program = `node ${quoted(`${root}dist/stages/waybill.js`)}`;
  return `${program} ${stage} ${names} -m ${quoted(`${variant}/migration`)} -w ${quoted(`${variant}/work`)} --quiet`;
}

/** Each stage against its peers, in the order of the pipeline: a contest leaves behind what the next one reads. */
export function contests(places: Places): readonly Contest[] {
  const ours = (variant: string, stage: string) => `${waybill(places, variant, stage)} --force`;
  const inPlace = (variant: string, stage: string, names = "") => waybill(places, variant, stage, names);
  const { lean, full, delta, peer } = places;
  const load = ours(lean, "load");
  return [
    {
      work: "extract, no row checksum",
      prepare: [],
      ours: ours(lean, "extract"),
      peers: [{ name: "psql \\copy | gzip -1", command: psqlCopyOut("beneficiaries", `${peer}/in.csv.gz`), aim: 0.9 }],
    },
    {
      work: "extract, row checksum",
      prepare: [],
      ours: ours(full, "extract"),
      peers: [
        {
          name: "psql \\copy with md5 | gzip -1",
          command: psqlCopyOut("(SELECT *, md5(b::text) FROM beneficiaries b)", `${peer}/checked.csv.gz`),
          aim: 0.9,
        },
      ],
    },
    {
      work: "transform, ledger of exceptions",
      prepare: [inPlace(lean, "extract"), inPlace(lean, "transform", "programmes")],
      ours: ours(lean, "transform"),
      peers: transformPeers(places, { miller: 0.5, pandas: 0.2 }),
    },
    {
      work: "transform, full ledger, row checksums",
      prepare: [inPlace(full, "extract"), inPlace(full, "transform", "programmes")],
      ours: ours(full, "transform"),
      peers: transformPeers(places, { miller: 0.9, pandas: 0.35 }),
    },
    {
      work: "load, referred to by another table: in place",
      prepare: [inPlace(lean, "transform"), inPlace(lean, "load"), ...peerTarget(places)],
      ours: load,
      peers: [{ name: "psql \\copy, all in place", command: psqlCopyIn(places), aim: 0.8 }],
    },
    {
      work: "load with primary key, two indexes, a foreign key",
      // No other table refers to it any more: a new one may take its place.
      prepare: [withoutReferences("WAYBILL_TARGET_URL"), withoutReferences("BENCH_PEER_URL")],
      ours: load,
      peers: [{ name: "psql \\copy, all in place", command: psqlCopyIn(places), aim: 0.8 }],
    },
    {
      work: "validate, every row compared",
      prepare: [inPlace(lean, "load")],
      ours: inPlace(lean, "validate", "beneficiaries"),
      peers: [{ name: "loading them", command: load, aim: 1.2 }],
    },
    {
      work: "validate, every row by checksums",
      prepare: [inPlace(lean, "load")],
      ours: inPlace(lean, "validate", "beneficiaries --level buckets"),
      peers: [{ name: "loading them", command: load, aim: 0.4 }],
    },
    {
      work: "upsert of one row in a hundred",
      prepare: [
        inPlace(lean, "load"),
        inPlace(delta, "extract"),
        inPlace(delta, "transform", "programmes beneficiaries"),
      ],
      // Rows that are as they should be would not be touched.
      reset: `psql "$WAYBILL_TARGET_URL" -qc ${quoted(madeStale)}`,
      ours: ours(delta, "load"),
      peers: [{ name: "loading them all", command: load, aim: 0.1 }],
    },
  ];
}

const madeStale = "UPDATE beneficiaries SET phone = 'stale' WHERE legacy_id % 100 = 0";

/** The three stages that skip what is done: their second run has one second in all. */
export function secondRun(places: Places): string {
  return ["extract", "transform", "load"].map((stage) => waybill(places, places.lean, stage, "")).join(" && ");
}

function psqlCopyOut(what: string, file: string): string {
  return `psql "$WAYBILL_SOURCE_URL" -qc ${quoted(`\\copy ${what} TO STDOUT (FORMAT csv, HEADER)`)} | gzip -1 >${quoted(file)}`;
}

function transformPeers(
  { root, peer }: Places,
  aims: { readonly miller: number; readonly pandas: number },
): readonly Peer[] {
  const millerRules = [
    "$beneficiary_name = toupper($beneficiary_name)",
    // Miller's quickest way: its strptime takes twice and its sub() with a regular expression six times as long.
    'date = splitax($registration_date, "/")',
    '$registration_date = date[3] . "-" . date[2] . "-" . date[1]',
    '$checksum = md5($id . "|" . $beneficiary_name . "|" . $registration_date)',
  ].join("; ");
  const script = `${root}scripts/benchmark/pandas-transform.py`;
  const args = [
    script,
    `${peer}/in.csv.gz`,
    `${peer}/pandas.csv.gz`,
    `${root}mappings/relief/lookups/location_codes.csv`,
  ];
  const [input, output] = [quoted(`${peer}/in.csv.gz`), quoted(`${peer}/miller.csv.gz`)];
  return [
    {
      name: "Miller: upper, date, md5 only",
      command: `mlr --icsv --ocsv --gzin -S put ${quoted(millerRules)} ${input} | gzip -1 >${output}`,
      aim: aims.miller,
    },
    { name: "pandas", command: `python3 ${args.map(quoted).join(" ")}`, aim: aims.pandas },
  ];
}

/** The same tables in a database of the peer's, and the very rows that ours loads as one plain CSV file. */
function peerTarget({ root, peer }: Places): readonly string[] {
  return [
    `psql "$BENCH_PEER_URL" -qf ${quoted(`${root}mappings/relief/schema/target.sql`)}`,
    `psql "$WAYBILL_TARGET_URL" -qc '\\copy programmes TO STDOUT' | psql "$BENCH_PEER_URL" -qc '\\copy programmes FROM STDIN'`,
    `psql "$WAYBILL_TARGET_URL" -qc '\\copy beneficiaries TO STDOUT (FORMAT csv)' | gzip -1 >${quoted(`${peer}/out.csv.gz`)}`,
  ];
}

function withoutReferences(database: string): string {
  return `psql "$${database}" -qc 'ALTER TABLE distributions DROP CONSTRAINT IF EXISTS distributions_beneficiary_id_fkey'`;
}

function psqlCopyIn({ peer }: Places): string {
  const empty = `psql "$BENCH_PEER_URL" -qc 'TRUNCATE beneficiaries CASCADE'`;
  return `${empty} && gzip -dc ${quoted(`${peer}/out.csv.gz`)} | psql "$BENCH_PEER_URL" -qc '\\copy beneficiaries FROM STDIN (FORMAT csv)'`;
}

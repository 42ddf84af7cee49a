import type { RegistryCounts } from "./relief-registry.js";

/** How many districts the legacy registry numbers in each of its eight provinces: codes 0101, 0201 to 0205, … */
const districtCounts = [1, 5, 6, 8, 3, 6, 14, 4];

const locationCodes = districtCounts.flatMap((count, province) =>
  Array.from({ length: count }, (_, district) => `0${province + 1}${String(district + 1).padStart(2, "0")}`),
);

const givenNames =
  "Amina José Zoë Wanjikũ Nguyễn Łukasz Fatuma Søren Chidi Þóra Mwangi Élodie Akinyi Đặng Kiprono Müge Halima";
const familyNames =
  "Otieno Müller Ødegård Hassan Kamau d'Arc Nández Wambũi Çelik Abdi Dvořák O'Neil Mutua Šimić Barasa Njoroge";

/** The four programmes of the registry, of which the new platform makes two. */
export const programmesSql = `
CREATE TABLE programmes (id integer PRIMARY KEY, title text NOT NULL, budget numeric(12,2), started text);
INSERT INTO programmes VALUES
  (101, 'Food assistance, "Hunger Safety Net"', 1250000.50, '01/03/2024'),
  (102, 'Seeds, tools and training', 480000.00, '15/04/2024'),
  (103, 'Fonds d''aide aux déplacés', NULL, '01/06/2024'),
  (104, 'Shelter; "winter, phase 2"', 99999999.99, '31/12/2024');`;

/**
 * The special ids are every `step`-th: of `nameless + duplicates` of them, spread evenly, some have no name and the
 * others a second row, so that the two kinds never meet in one person.
 */
export function beneficiariesSql({ beneficiaries, nameless, duplicates }: RegistryCounts): string {
  const [people, special] = [beneficiaries - duplicates, nameless + duplicates];
  const step = Math.floor(people / special);
  const isSpecial = `(g % ${step} = 0 AND g / ${step} <= ${special})`;
  const k = `(g / ${step})`;
  const isNameless = `(${isSpecial} AND ${k}::bigint * ${nameless} / ${special} > (${k} - 1)::bigint * ${nameless} / ${special})`;
  return `
CREATE TABLE beneficiaries (
  id integer, beneficiary_name text, registration_date text, location_code text, programme_id integer,
  household_size integer, phone text, notes text, updated_at timestamp);
INSERT INTO beneficiaries
SELECT g, CASE WHEN NOT ${isNameless} THEN ${nameOf} END, ${dateText("'2015-01-01'", "g * 7919::bigint % 3650")},
  ${locationOf}, 101 + g % 4, NULLIF(1 + g * 31::bigint % 10, 10),
  CASE WHEN g % 11 <> 0 THEN '+254 7' || lpad((g * 48271::bigint % 100000000)::text, 8, '0') END, ${notesOf}, ${updatedOf}
FROM generate_series(1, ${people}) g;
INSERT INTO beneficiaries
SELECT id, beneficiary_name || CASE WHEN g % 2 = 0 THEN ' ' ELSE '' END, registration_date, location_code, programme_id,
  household_size + 1, phone, 'entered twice', updated_at + CASE WHEN ${k} % 3 = 0 THEN -1 ELSE 1 END * interval '1 day 00:00:00.000001'
FROM (SELECT *, id AS g FROM beneficiaries) once WHERE ${isSpecial} AND NOT ${isNameless};
CREATE INDEX beneficiaries_id ON beneficiaries (id);`;
}

/** About one distribution for every second beneficiary; the first two go to somebody nameless and to somebody doubled. */
export function distributionsSql({ beneficiaries, duplicates, distributions }: RegistryCounts): string {
  return `
CREATE TABLE distributions (
  id integer PRIMARY KEY, beneficiary_id integer NOT NULL, programme_id integer NOT NULL, item text NOT NULL,
  quantity numeric(12,2), distributed_on text, remarks text);
INSERT INTO distributions
SELECT g, CASE g
    WHEN 1 THEN (SELECT min(id) FROM beneficiaries WHERE beneficiary_name IS NULL)
    WHEN 2 THEN (SELECT min(id) FROM beneficiaries WHERE notes = 'entered twice')
    ELSE 1 + g * 7919::bigint % ${beneficiaries - duplicates} END,
  101 + g * 3 % 4, (ARRAY['maize, 50 kg', 'blanket', 'tarpaulin 4x5 m', 'soap "bar"', 'cash', 'café'])[1 + g % 6],
  CASE WHEN g % 101 <> 0 THEN (g * 37::bigint % 100000) / 4.0 END, ${dateText("'2024-01-01'", "g % 366")},
  CASE WHEN g % 7 = 0 THEN 'signed for by a neighbour' END
FROM generate_series(1, ${distributions}) g;`;
}

const nameOf = `
  CASE WHEN g % 53 = 0 THEN '  ' ELSE '' END || CASE
    WHEN g % 97 = 0 THEN ${pick(givenNames, "g")} || ' "' || ${pick(givenNames, "g / 7")} || '" ' || ${pick(familyNames, "g / 17")}
    WHEN g % 89 = 0 THEN ${pick(familyNames, "g / 17")} || ', ' || ${pick(givenNames, "g")}
    WHEN g % 1009 = 0 THEN ${pick(givenNames, "g")} || E'\\n' || ${pick(familyNames, "g / 17")}
    ELSE ${pick(givenNames, "g")} || ' ' || ${pick(familyNames, "g / 17")} || ' ' || g % 9973 END
  || CASE WHEN g % 61 = 0 THEN ' ' ELSE '' END`;

/** Two in a thousand have a code that no list knows. */
const locationOf = `
  CASE WHEN g % 500 = 1 THEN CASE WHEN g % 1000 = 1 THEN '9999' ELSE '0000' END
    ELSE ('{${locationCodes.join(",")}}'::text[])[1 + g * 13::bigint % ${locationCodes.length}] END`;

/** Most have none; among the others are an empty text, line breaks of both kinds, and the text that stands for NULL in files. */
const notesOf = `
  CASE WHEN g % 5003 = 0 THEN '\\N' WHEN g % 211 = 0 THEN '' WHEN g % 997 = 0 THEN E'moved,\\r\\nsee "file ' || g || '"'
    WHEN g % 3 = 0 THEN 'card no. ' || g * 104729::bigint % 10000000 || ', verified at the registration desk, household visited' END`;

/** Some have no fraction, the others up to six digits of one. */
const updatedOf = `
  timestamp '2023-01-01' + g % 86400 * interval '997 seconds'
    + CASE WHEN g % 4 = 0 THEN 0 ELSE g * 7::bigint % 1000000 END * interval '1 microsecond'`;

function dateText(first: string, days: string): string {
  return `to_char(date ${first} + (${days})::integer, 'DD/MM/YYYY')`;
}

function pick(words: string, index: string): string {
  const list = words.split(" ");
  return `('{${list.map((word) => word.replaceAll("'", "''")).join(",")}}'::text[])[1 + (${index}) % ${list.length}]`;
}

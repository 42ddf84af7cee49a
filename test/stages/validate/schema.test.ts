import { join } from "node:path";
import { expect, it } from "vitest";
import { writeManifest } from "../../../lib/files/manifest-file.js";
import { buildManifest } from "../../../lib/model/manifest.js";
import { manifestIn, textOf } from "../stage-files.js";
import { type Loaded, loadedMigration } from "./loaded.js";

const hangingOn = `
  CREATE INDEX people_note ON people (note);
  CREATE UNIQUE INDEX people_twice ON people (id, name);
  ALTER TABLE people ADD CONSTRAINT dear CHECK (price > 0), ADD CONSTRAINT later CHECK (id > 0) NOT VALID;
  CREATE SEQUENCE numbers OWNED BY people.id;
  ALTER TABLE people ALTER id SET DEFAULT nextval('numbers');
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch()`;

const targetYaml = `tables:
  towns: { id: integer not null, code: text, name: text }
  people: { id: integer not null default, name: text not null, town: int4, boss: integer, price: numeric,
    joined: timestamptz, facts: jsonb, note: text }
`;

/** One beginning for all: what hangs on the target, and what its columns hold. */
const ready = (): Promise<Loaded> => loadedMigration({ "schema/target.yaml": targetYaml }, hangingOn);

async function verdicts(loaded: Loaded): Promise<Readonly<Record<string, string>>> {
  const { tables } = await loaded.report();
  const checks = tables.find(({ table }) => table === "people")?.checks ?? [];
  const ofSchema = checks.filter(({ name }) => name.startsWith("schema: "));
  return Object.fromEntries(ofSchema.map(({ name, verdict }) => [name.replace("schema: ", ""), verdict]));
}

it("validate names each object that is not as load left it, or does not work, and warns of those that came since", async () => {
  const loaded = await ready();
  const asLeft = {
    "columns as schema/target.yaml has them": "passed",
    "columns as load left them": "passed",
    "constraint dear": "passed",
    // Somebody wanted it to hold for new rows only, and load left it so.
    "constraint later": "warned",
    "constraint people_pkey": "passed",
    "foreign key people_boss_fkey": "passed",
    "foreign key people_town_fkey": "passed",
    "index people_note": "passed",
    "index people_twice": "passed",
    "trigger touched": "passed",
    "sequence public.numbers": "passed",
  };

  expect(await loaded.validate(["--no-source"])).toMatchObject({ exitCode: 0 });
  expect(await verdicts(loaded)).toEqual(asLeft);

  await loaded.target.query(`
    ALTER TABLE people ALTER price TYPE numeric(12,3), ADD more text;
    ALTER TABLE people DROP CONSTRAINT dear, ADD CONSTRAINT dear CHECK (price > 0) NOT VALID;
    ALTER TABLE people DROP CONSTRAINT people_boss_fkey;
    ALTER TABLE people DISABLE TRIGGER ALL; ALTER TABLE people ENABLE TRIGGER touched;
    DROP INDEX people_note; CREATE INDEX people_new ON people (note);
    SET allow_system_table_mods = on;
    UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'people_twice'::regclass;
    SELECT setval('numbers', 7)`);
  await loaded.target.query("ALTER TABLE people DISABLE TRIGGER touched");
  const { exitCode, stderr } = await loaded.validate(["--no-source"]);

  expect(exitCode).toBe(1);
  expect(await verdicts(loaded)).toEqual({
    ...asLeft,
    "columns as schema/target.yaml has them": "failed",
    "columns as load left them": "failed",
    "constraint dear": "failed",
    "foreign key people_boss_fkey": "failed",
    "foreign key people_town_fkey": "failed",
    "index people_note": "failed",
    "index people_new": "warned",
    "index people_twice": "failed",
    "trigger touched": "failed",
    "sequence public.numbers": "failed",
  });
  for (const sentence of [
    "price is numeric(12,3), not numeric; more, which came since",
    "schema: index people_note: expected CREATE INDEX people_note ON public.people USING btree (note), found not there",
    "ON public.people USING btree (id, name), found it is not valid",
    "REFERENCES public.towns(id), found its triggers are disabled",
    "EXECUTE FUNCTION public.touch() (disabled)",
    "its next value is not above the maximum of id",
  ])
    expect(stderr).toContain(sentence);
});

it("validate lists orphans row by row, once, whether the catalog or only the specification knows the reference", async () => {
  const loaded = await ready();
  await loaded.target.query("SET session_replication_role = replica; DELETE FROM towns WHERE id = 3");

  const { exitCode, stderr } = await loaded.validate(["people", "--no-source"]);

  expect(exitCode).toBe(1);
  expect(stderr).toContain("foreign key: people_town_fkey: expected 0, found 50");
  expect(stderr).toMatch(/line by line: .*people\/differences.csv.gz\n.*waybill inspect people --differences/);
  const lines = (await textOf(join(loaded.work, "validate", "people", "differences.csv.gz"))).trimEnd().split("\n");
  expect(lines).toHaveLength(51);
  expect(lines.slice(0, 3)).toEqual([
    "kind,key,column,expected,actual",
    "orphan,2,town,a row of public.towns,3",
    "orphan,6,town,a row of public.towns,3",
  ]);
});

it("validate skips what an older load did not record, says so, and the next load records it without moving a row", async () => {
  const loaded = await ready();
  const folder = join(loaded.work, "load", "people");
  const { resources, _waybill } = await manifestIn(folder);
  const { structure, ...details } = _waybill.details;
  await writeManifest(folder, buildManifest(resources, { ..._waybill, details }));
  const fileOf = () => loaded.target.query("SELECT relfilenode FROM pg_class WHERE relname = 'people'");
  const before = await fileOf();

  const older = await loaded.validate();

  expect(older).toMatchObject({ exitCode: 0 });
  expect(older.stderr).toContain("load recorded nothing of it, being older: waybill load people");
  expect(await loaded.check("people", "schema: as load left it")).toMatchObject({ verdict: "skipped" });
  expect(await loaded.check("people", "schema: index people_note")).toMatchObject({ verdict: "passed" });

  const again = await loaded.run("load");

  expect(again).toMatchObject({ exitCode: 0 });
  expect((await manifestIn(folder))._waybill.details.structure).toEqual(structure);
  expect(await fileOf()).toEqual(before);
});

it("validate is not complete where it may not read a sequence, and names the GRANT", async () => {
  const loaded = await ready();
  const role = `${loaded.target.name}_reader`;
  await loaded.target.query(`CREATE ROLE ${role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
  const url = Object.assign(new URL(loaded.target.url), { username: role, password: "" }).href;

  const without = await loaded.validate(["--target", url]);
  await loaded.target.query(`GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
  const granted = await loaded.validate(["--target", url]);
  await loaded.target.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);

  expect(without.exitCode).toBe(1);
  expect(without.stderr).toContain(`GRANT SELECT ON SEQUENCE "public"."numbers" TO ${role}`);
  expect(granted).toMatchObject({ exitCode: 0 });
});

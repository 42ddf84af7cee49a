import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import type { TestDatabase } from "../../support/postgres.js";
import { readyToLoad, versionsOf } from "./loading.js";

const types = (name: string, town = "integer not null") => ({
  "schema/target.yaml": `tables:
  towns: { id: integer not null, name: text not null }
  people: { id: integer not null default, name: ${name}, town: ${town}, seen: timestamptz not null default }
`,
});

describe("before the first byte, load refuses", () => {
  it("a role that may too little: everything it lacks at once, with what the owner has to type", async () => {
    const role = `poor_${Date.now()}`;
    const ready = await readyToLoad({ targetSql: `CREATE ROLE ${role} LOGIN` });
    onTestFinished(() => ready.target.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).then(() => undefined));
    const env = { WAYBILL_TARGET_URL: Object.assign(new URL(ready.target.url), { username: role }).href };

    const poor = await ready.stage("load", env);
    const grants = [...poor.stderr.matchAll(/^ {4}(.*;)$/gm)].map(([, grant]) => grant).join("\n");
    await ready.target.query(grants);
    const granted = await ready.stage("load", env);

    expect(poor).toMatchObject({ exitCode: 77, stdout: "" });
    for (const line of [
      "schema waybill, which is not there yet: CREATE on the database",
      "table public.towns: SELECT, INSERT, DELETE",
      "table public.people: SELECT, INSERT, DELETE",
      "sequence public.people_id_seq: SELECT, UPDATE",
    ])
      expect(poor.stderr).toContain(`  ${line}\n`);
    expect(poor.stderr).toContain(`    GRANT SELECT, INSERT, DELETE ON "public"."people" TO ${role};\n`);
    expect([granted, await ready.target.count("people")]).toMatchObject([{ exitCode: 0 }, 10]);
  });

  it("a role from which row level security hides rows", async () => {
    const role = `hidden_${Date.now()}`;
    const ready = await readyToLoad({
      targetSql: `CREATE ROLE ${role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
        GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}; CREATE SCHEMA waybill AUTHORIZATION ${role};
        ALTER TABLE people ENABLE ROW LEVEL SECURITY`,
    });
    onTestFinished(() => ready.target.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).then(() => undefined));
    const env = { WAYBILL_TARGET_URL: Object.assign(new URL(ready.target.url), { username: role }).href };

    const result = await ready.stage("load", env);

    expect(result).toMatchObject({ exitCode: 77, stdout: "" });
    expect(result.stderr).toContain("row level security of public.people: BYPASSRLS\n");
    expect(result.stderr).toContain(`    ALTER ROLE ${role} BYPASSRLS;\n`);
  });

  it("triggers that only the owner could put aside, with the two ways out", async () => {
    const role = `guest_${Date.now()}`;
    const ready = await readyToLoad({
      targetSql: `CREATE ROLE ${role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
        GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}; CREATE SCHEMA waybill AUTHORIZATION ${role};
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER stamps BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION f()`,
    });
    onTestFinished(() => ready.target.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).then(() => undefined));
    const env = { WAYBILL_TARGET_URL: Object.assign(new URL(ready.target.url), { username: role }).href };

    const refused = await ready.stage("load", env);
    await ready.rewrite("people.yaml", (text) => `${text}load: { triggers: keep }\n`);
    await ready.stage("transform");
    const kept = await ready.stage("load", env);

    expect(refused).toMatchObject({ exitCode: 77, stdout: "" });
    expect(refused.stderr).toContain(
      "triggers of public.people: ownership of the table, or load: { triggers: keep } in its file\n",
    );
    expect(kept).toMatchObject({ exitCode: 0 });
  });

  it("columns that became narrower or another type since transform checked the values, all at once", async () => {
    const ready = await readyToLoad({ files: types("varchar(40)") });
    await ready.target.query(
      "ALTER TABLE people DROP COLUMN shout; ALTER TABLE people ALTER name TYPE varchar(20), ALTER id TYPE smallint",
    );

    const result = await ready.stage("load");

    expect(result).toMatchObject({ exitCode: 65, stdout: "" });
    expect(result.stderr).toContain(
      "people.yaml:4: public.people.id is smallint now, and transform checked its values as integer\n" +
        "people.yaml:5: public.people.name is character varying(20) now, and transform checked its values as varchar(40)\n",
    );
    expect(await ready.target.count("towns")).toBe(0);
  });

  it("a column that became NOT NULL while the files hold a NULL for it, and no other", async () => {
    const ready = await readyToLoad({ files: types("text", "integer") });
    await ready.target.query("ALTER TABLE people ALTER name SET NOT NULL");

    const refused = await ready.stage("load");
    await ready.target.query("ALTER TABLE people ALTER name DROP NOT NULL");
    const taken = await ready.stage("load");

    expect(refused).toMatchObject({ exitCode: 65, stdout: "" });
    expect(refused.stderr).toContain(
      "people.yaml:5: public.people.name is NOT NULL now, and part-00000.csv.gz holds a NULL for it\n",
    );
    expect(refused.stderr).not.toContain("public.people.town");
    expect(taken.exitCode).toBe(0);
  });

  it("a table that somebody else is writing, naming the process and since when, and changes nothing", async () => {
    const ready = await readyToLoad();
    const writer = await session(ready.target, "nightly-import");
    await writer.query("BEGIN; INSERT INTO people (id, town) SELECT 99, 1 WHERE false");
    const before = await versionsOf(ready.target);

    const refused = await ready.stage("load");
    const untouched = await versionsOf(ready.target);
    await writer.query("ROLLBACK");
    const taken = await ready.stage("load");

    expect(refused).toMatchObject({ exitCode: 75, stdout: "" });
    expect(refused.stderr).toMatch(
      /^people is written by process \d+, nightly-import, idle in transaction, since \d{4}-\S+ \S+\n {2}→ let them come to their end/,
    );
    expect(untouched).toEqual(before);
    expect(taken.exitCode).toBe(0);
  });

  it("a server that lets the role only read", async () => {
    const ready = await readyToLoad();
    await ready.target.query(`ALTER DATABASE ${ready.target.name} SET default_transaction_read_only = on`);

    const result = await ready.stage("load");

    expect(result).toMatchObject({ exitCode: 77, stdout: "" });
    expect(result.stderr).toContain("lets this role only read: default_transaction_read_only is on");
    expect(result.stderr).toContain("ALTER ROLE postgres SET default_transaction_read_only = off");
  });
});

async function session(target: TestDatabase, application: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: target.url, application_name: application });
  client.on("error", () => undefined); // the database is dropped while it is connected
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTarget } from "../../../lib/databases/open-target.js";
import type { LoadRequest, PartToLoad, Target } from "../../../lib/databases/target-port.js";
import { createMysqlDatabase } from "../../support/mariadb.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { keeping, part, people, rejection } from "./postgres/load/loading.js";

/** Where the ledger is, what lies beside the tables while rows arrive, and what is asked of the server in its own words. */
const databases = {
  PostgreSQL: {
    create: () => createDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text)"),
    schema: "public",
    ledger: { generations: "waybill.generations", loads: "waybill.loads", undo: "undo" },
    left: "SELECT relname FROM pg_class WHERE relnamespace = 'waybill'::regnamespace AND relname ~ '^(next|arriving|previous)_'",
    ring: "CREATE TABLE houses (id integer PRIMARY KEY, owner integer REFERENCES people); ALTER TABLE people ADD house integer REFERENCES houses",
    itself: "ALTER TABLE people ADD friend integer REFERENCES people",
  },
  MariaDB: {
    create: () => createMysqlDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text)"),
    schema: undefined,
    ledger: { generations: "waybill_generations", loads: "waybill_loads", undo: "undo_by" },
    left: "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = database() AND TABLE_NAME REGEXP '^waybill_(next|arriving|previous)_'",
    ring: `CREATE TABLE houses (id integer PRIMARY KEY, owner integer, FOREIGN KEY (owner) REFERENCES people (id));
      ALTER TABLE people ADD house integer, ADD FOREIGN KEY (house) REFERENCES houses (id)`,
    itself: "ALTER TABLE people ADD friend integer, ADD FOREIGN KEY (friend) REFERENCES people (id)",
  },
} as const;

describe.each(Object.entries(databases))("merging into %s", (_, { create, schema, ledger, left, ring, itself }) => {
  let database: TestDatabase;
  let target: Target;
  beforeEach(async () => {
    database = await create();
    target = await openTarget(database.url, { application: "waybill/test" });
    await target.ensureLedger();
  });
  afterEach(async () => {
    await target.close();
    await database.drop();
  });

  const kept = keeping();
  const upsert = (parts: readonly PartToLoad[], changes: Partial<LoadRequest> = {}): LoadRequest =>
    people(parts, { mode: "upsert", way: "merge", keep: kept.keep, ...changes });
  const insert = (parts: readonly PartToLoad[], changes: Partial<LoadRequest> = {}): LoadRequest =>
    upsert(parts, { mode: "insert", ...changes });
  const second = (lines: readonly string[]): PartToLoad => part(lines, { name: "part-00001.csv.gz", hash: "sha256:1" });
  const rows = () => database.query("SELECT * FROM people ORDER BY id");
  const generations = () =>
    database.query(
      `SELECT generation, mode, way, state, rows_before, inserted, updated, unchanged, rows_after, ${ledger.undo} AS kept FROM ${ledger.generations} ORDER BY number`,
    );
  const leftBeside = () => database.query(left);
  const name = () => `${schema ?? database.name}.people`;

  describe("upserting", () => {
    beforeEach(() => database.query("INSERT INTO people VALUES (1, 'Amina'), (2, NULL), (100, 'not ours')"));

    it("inserts, updates only what differs, and leaves the rows of others alone", async () => {
      const outcome = await target.load(upsert([part(["1,Amina", "2,Li"]), second(["3,", '4,"\\N"'])]));

      expect(outcome).toEqual({
        way: "merge",
        counts: { before: 3, inserted: 2, updated: 1, unchanged: 1, quarantined: 0, after: 5 },
        warnings: [],
      });
      expect(await rows()).toEqual([
        { id: "1", name: "Amina" },
        { id: "2", name: "Li" },
        { id: "3", name: "" },
        { id: "4", name: "\\N" },
        { id: "100", name: "not ours" },
      ]);
      expect(await leftBeside()).toEqual([]);
    });

    it("keeps the rows it changes as they were, with a hash of what became of them", async () => {
      await target.load(upsert([part(["1,Amina", "2,Li", "3,Noor"])]));

      expect(kept.lines()).toEqual([
        expect.stringMatching(/^updated,[0-9a-f]{32},2,\\N$/),
        expect.stringMatching(/^inserted,[0-9a-f]{32},3,\\N$/),
      ]);
      // MySQL computes no MD5 any more, unless a component is installed.
      const hasMd5 = await database.query("SELECT md5('')").then(
        () => true,
        () => false,
      );
      const digest = hasMd5 ? "md5('3|,Noor')" : "left(sha2('3|,Noor', 256), 32)";
      const [hash] = await database.query(`SELECT ${digest} AS hash`);
      expect(kept.lines()[1]?.split(",")[1]).toBe(hash?.hash);
      expect(await generations()).toMatchObject([
        { generation: "g1", kept: '{"kind":"images","file":"undo.csv.gz","hash":"sha256:1","rows":2}' },
      ]);
    });

    it("goes on top of an earlier load, and each keeps its own line", async () => {
      await target.load(upsert([part(["3,Li"])]));

      await target.load(upsert([part(["3,Lee"]), second(["5,Ada"])], { generation: "g2" }));

      expect(await generations()).toMatchObject([
        { generation: "g1", state: "live", rows_before: "3", inserted: "1", updated: "0", rows_after: "4" },
        { generation: "g2", state: "live", rows_before: "4", inserted: "1", updated: "1", rows_after: "5" },
      ]);
      expect(await target.standing("M-1", "people", "g1")).toMatchObject({ addedSince: 1, others: 1 });
    });

    it("of the very same rows again changes nothing and forgets nothing", async () => {
      await target.load(upsert([part(["2,Li", "3,Li"])]));
      const before = [await rows(), await generations()];

      const again = await target.load(upsert([part(["2,Li", "3,Li"])], { keep: rejects }));

      expect(again.counts).toMatchObject({ inserted: 0, updated: 0, unchanged: 2 });
      expect([await rows(), await generations()]).toEqual(before);
      expect(await leftBeside()).toEqual([]);
    });

    it("again after somebody changed a row brings it back beside the first load", async () => {
      await target.load(upsert([part(["2,Li", "3,Li"])]));
      await database.query("UPDATE people SET name = 'by hand' WHERE id = 3");

      const again = await target.load(upsert([part(["2,Li", "3,Li"])]));

      expect(again.counts).toMatchObject({ updated: 1, unchanged: 1 });
      expect(await generations()).toMatchObject([
        { generation: "g1~1", inserted: "1" },
        { generation: "g1", inserted: "0", updated: "1" },
      ]);
    });

    it("changes nothing when the rows it changes cannot be kept", async () => {
      const keep = async () => {
        throw new Error("the disk is full");
      };

      const failed = await rejection(target.load(upsert([part(["2,Li"])], { keep })));

      expect(String(failed)).toContain("the disk is full");
      expect(await target.rowCount("people")).toBe(3);
      expect(await database.query("SELECT name FROM people WHERE id = 2")).toEqual([{ name: null }]);
      expect(await generations()).toMatchObject([{ state: "open" }]);
    });

    it("is refused with the count and the first of keys that stand twice, and leaves nothing behind", async () => {
      const refused = await rejection(target.load(upsert([part(["7,Li", "6,Li", "6,Noor"]), second(["7,Li"])])));

      expect(refused).toMatchObject({
        kind: "integrity",
        message: "people: 2 keys stand in more than one row, the first of them 6; nothing was written",
      });
      expect(await database.count("people")).toBe(3);
      expect(await generations()).toEqual([]);
      expect(await leftBeside()).toEqual([]);
    });

    it("shows the hash of a key that is personal data", async () => {
      const refused = await rejection(target.load(upsert([part(["6,Li", "6,Noor"])], { hidesKey: true })));

      expect(refused).toMatchObject({ message: expect.stringMatching(/the first of them sha256:[0-9a-f]{16};/) });
    });

    it("is refused where a row has no key", async () => {
      const refused = await rejection(target.load(upsert([part(["\\N,Li"])])));

      expect(refused).toMatchObject({
        kind: "integrity",
        message: expect.stringMatching(/people.* key id|row 1, column id/),
      });
    });
  });

  describe("inserting", () => {
    beforeEach(() => database.query("INSERT INTO people VALUES (5, 'there'), (6, 'too'), (100, 'not ours')"));

    it("adds the rows beside those of others", async () => {
      const outcome = await target.load(insert([part(["1,Amina"]), second(["2,Li"])]));

      expect(outcome.counts).toEqual({ before: 3, inserted: 2, updated: 0, unchanged: 0, quarantined: 0, after: 5 });
      expect(await database.count("people")).toBe(5);
    });

    it("refuses keys that are there already, naming the first, and writes nothing", async () => {
      const refused = await rejection(target.load(insert([part(["9,Li", "6,Li", "5,Li"])])));

      expect(refused).toMatchObject({
        kind: "integrity",
        message: `people: 2 of its keys are in ${name()} already, the first of them 5; nothing was written`,
        hint: expect.stringContaining("mode: upsert"),
      });
      expect(await database.count("people")).toBe(3);
      expect(await leftBeside()).toEqual([]);
    });

    it("a second time, when the ledger was lost, is refused naming the first key", async () => {
      await target.load(insert([part(["1,Amina", "2,Li"])]));
      await database.query(`DELETE FROM ${ledger.loads}; DELETE FROM ${ledger.generations}`);

      const refused = await rejection(target.load(insert([part(["1,Amina", "2,Li"])])));

      expect(refused).toMatchObject({
        message: expect.stringContaining(`2 of its keys are in ${name()} already, the first of them 1`),
      });
    });
  });

  it("takes rows that refer to one another, and refuses one that refers to none", async () => {
    await database.query(itself);
    const of = { columns: ["id", "friend"] };

    await target.load(upsert([part(["1,2", "2,1"])], of));
    const refused = await rejection(target.load(upsert([part(["1,3", "4,9"])], { ...of, generation: "g2" })));

    expect(refused).toMatchObject({ kind: "integrity", message: expect.stringMatching(/foreign key .*people/) });
    expect(await rows()).toMatchObject([
      { id: "1", friend: "2" },
      { id: "2", friend: "1" },
    ]);
    expect(await leftBeside()).toEqual([]);
  });

  it("puts the foreign keys of a ring of tables aside, and no others", async () => {
    expect(await target.chooseWay(upsert([], { rowCount: 5 }))).toMatchObject({ way: "merge", because: undefined });

    await database.query(ring);
    await database.query("INSERT INTO people (id) VALUES (1), (2), (3), (4)");

    expect(await target.chooseWay(upsert([], { rowCount: 5 }))).toMatchObject({
      aside: "foreign keys",
      because: "its foreign keys make a ring of tables",
    });
  });

  it("takes one column only, the key", async () => {
    await database.query("INSERT INTO people VALUES (1, 'Amina')");

    const outcome = await target.load(upsert([part(["1", "2"])], { columns: ["id"] }));

    expect(outcome.counts).toMatchObject({ inserted: 1, updated: 0, unchanged: 1 });
  });

  it("refuses a table without a unique key, or a mapping that does not give it, before a row arrives", async () => {
    const keyless = await rejection(target.assertLoadable(upsert([part(["1,Li"])], { key: ["name"] })));
    const unmapped = await rejection(target.assertLoadable(upsert([part(["Li"])], { columns: ["name"] })));
    const unnamed = await rejection(target.assertLoadable(upsert([part(["1,Li"])], { key: [] })));

    expect(keyless).toMatchObject({
      kind: "specification",
      message: expect.stringContaining("no two rows of one name"),
    });
    expect(unmapped).toMatchObject({
      kind: "specification",
      message: expect.stringContaining("mapping gives no id"),
    });
    expect(unnamed).toMatchObject({ kind: "specification", message: expect.stringContaining("has no primary key") });
  });
});

async function rejects(): Promise<never> {
  throw new Error("nothing was to be kept");
}

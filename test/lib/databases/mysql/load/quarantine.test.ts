import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { LoadOutcome, LoadRequest, Target } from "../../../../../lib/databases/target-port.js";
import { decodeRow } from "../../../../../lib/model/csv-dialect.js";
import { createMysqlDatabase, spelled } from "../../../../support/mariadb.js";
import type { TestDatabase } from "../../../../support/postgres.js";
import { noQuarantine, part, people, rejection } from "../../postgres/load/loading.js";

let database: TestDatabase;
let target: Target;
let aside: readonly (readonly (string | null)[])[] = [];
beforeEach(async () => {
  database = await createMysqlDatabase(`
    CREATE TABLE towns (id int PRIMARY KEY);
    INSERT INTO towns VALUES (1);
    CREATE TABLE people (id int PRIMARY KEY, name varchar(5) NOT NULL, age int, mail varchar(9), boss int, town int,
      CONSTRAINT adult CHECK (age >= 18), UNIQUE KEY one_mail (mail), CONSTRAINT bossed FOREIGN KEY (boss) REFERENCES people (id),
      CONSTRAINT lives FOREIGN KEY (town) REFERENCES towns (id))`);
  target = await openTarget(database.url, { application: "waybill/test" });
});
afterEach(async () => {
  await target.close();
  await database.drop();
});

const columns = ["id", "name", "age", "mail", "boss", "town"];
const lines = [
  "1,Amina,30,a@x,\\N,1",
  "2,\\N,30,b@x,\\N,\\N",
  "3,Noor,7,c@x,\\N,1",
  "4,Li,40,a@x,\\N,1",
  "5,Abigail,40,d@x,\\N,1",
  "6,Bo,40,e@x,3,1",
  "7,Cy,40,f@x,6,1",
  "8,Di,40,g@x,\\N,99",
  "9,Eve,x,h@x,\\N,1",
  "10,Flo,50,i@x,11,1",
  "11,Gus,50,j@x,1,1",
  "1,Hal,50,k@x,\\N,1",
];

/** Loads as the stage does: what stands aside included. */
async function load(
  changes: Partial<LoadRequest>,
  rejects: Partial<LoadRequest["rejects"]> = {},
): Promise<LoadOutcome> {
  aside = [];
  const request = people([part(lines)], {
    columns,
    confirmed: true,
    rejects: { ...noQuarantine, on: "quarantine", ...rejects },
    keep: async (file, _, rows) => {
      const records = (await text(rows)).split(/(?<=\n)/).filter((record) => record !== "");
      if (file === "rejects") aside = records.map((record) => decodeRow(record).slice(0, 6));
      return { file: `${file}.csv.gz`, hash: "sha256:1", rowCount: records.length };
    },
    ...changes,
  });
  await target.ensureLedger();
  const { way, aside: which } = await target.chooseWay(request);
  if (which !== undefined) await target.saveAndDrop(request.migration, [{ table: request.table, which }]);
  try {
    return await target.load({ ...request, way });
  } finally {
    await target.restore(request.migration);
  }
}

const codes = () => aside.map(([, row, key, code, constraint]) => [row, key, code, constraint]);
const ids = async () => (await database.query("SELECT id FROM people ORDER BY id")).map(({ id }) => id);

describe.each([
  ["swap", { mode: "replace" }],
  ["in place", { mode: "replace", inPlace: true }],
  ["merge", { mode: "upsert", parts: [part(lines.slice(0, -1))] }],
] as const)("by %s", (way, changes) => {
  it("each row that the server refuses is put aside in its own words, with those that refer to it, and the others are loaded", async () => {
    await database.query("INSERT INTO people (id, name, age) VALUES (500, 'there', 50)");
    const told: string[] = [];

    const outcome = await load(changes, { tell: (words) => told.push(words) });

    const doubled = way === "merge" ? [] : [["12", "1", "1062", "PRIMARY"]];
    expect(codes()).toEqual([
      ["2", "2", "1265", null],
      ["3", "3", spelled({ mariadb: "4025", mysql: "3819" }), "adult"],
      ["4", "4", "1062", "one_mail"],
      ["5", "5", "1265", null],
      ["9", "9", "1265", null],
      ...doubled,
      ["6", "6", null, null],
      ["7", "7", null, null],
      ["8", "8", "1452", "lives"],
    ]);
    expect(aside[2]?.[5]).toBe(`Duplicate entry 'a@x' for key '${spelled({ mariadb: "", mysql: "people." })}one_mail'`);
    expect(aside.find(([, row]) => row === "7")?.[5]).toContain("its parent");
    const others = way === "merge" ? ["500"] : [];
    expect(await ids()).toEqual(["1", "10", "11", ...others].sort((a, b) => Number(a) - Number(b)));
    // In MySQL a CHECK keeps a table from being exchanged.
    const taken = way === "swap" ? spelled({ mariadb: "swap", mysql: "in place" }) : way;
    expect(outcome).toMatchObject({ way: taken, counts: { inserted: 3, quarantined: aside.length } });
    expect(told).toEqual([expect.stringContaining("the database refuses rows")]);
    expect(outcome.warnings.at(-1)).toContain(`${aside.length} rows were quarantined`);
    expect(await rejection(database.query("INSERT INTO people (id, name, town) VALUES (600, 'x', 77)"))).toBeInstanceOf(
      Error,
    );
  });

  it("nothing is put aside where that is not asked for, and the table is as it was", async () => {
    await database.query("INSERT INTO people (id, name, age) VALUES (500, 'there', 50)");

    const orphan = await rejection(load({ ...changes, parts: [part(["8,Di,40,g@x,\\N,99"])] }, { on: "fail" }));

    const adult = await rejection(load({ ...changes, parts: [part(["8,Di,7,g@x,\\N,1"])] }, { on: "fail" }));

    expect(orphan).toMatchObject({ kind: "integrity", message: expect.stringContaining("lives") });
    expect(adult).toMatchObject({ kind: "integrity", message: expect.stringMatching(/people.*adult/s) });
    expect(await ids()).toEqual(["500"]);
  });
});

it("rows that refer to a parent that was put aside go with it, unless the target holds one of that key", async () => {
  const lost = { columns: ["town"], parent: "towns", parentColumns: ["id"], values: [["1"], ["2"], ["none"]] };
  await database.query("INSERT INTO towns VALUES (3)");

  await load(
    { parts: [part(["1,Amina,30,a@x,\\N,1", "2,Li,30,b@x,\\N,2", "3,Bo,30,c@x,\\N,3"])] },
    { parents: [lost] },
  );

  expect(codes()).toEqual([["2", "2", null, null]]);
  expect(aside[0]?.[5]).toBe("its parent towns 2 is quarantined");
  expect(await ids()).toEqual(["1", "3"]);
});

it("with more rows refused than may be, nothing is loaded", async () => {
  const refused = await rejection(load({}, { atMost: 2 }));

  expect(refused).toMatchObject({
    kind: "difference",
    message: expect.stringContaining("no more than 2 may be put aside"),
  });
  expect(aside).toHaveLength(3);
  expect(await ids()).toEqual([]);
});

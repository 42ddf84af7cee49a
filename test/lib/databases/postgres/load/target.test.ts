import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import type { Target, UpsertOutcome, UpsertRequest } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { keeping, part, people, rejection } from "./loading.js";

let database: TestDatabase;
let target: Target;
beforeEach(async () => {
  database = await createDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text, price numeric, facts json)");
  target = await openTarget(database.url, { application: "waybill/test" });
});
afterEach(async () => {
  await target.close();
  await database.drop();
});

const unit = (lines: readonly string[]): UpsertRequest => {
  const columns = ["id", "name", "price", "facts"];
  const { hidesKey, triggers, key, beforeCommit } = people([]);
  const keep = keeping().keep;
  const named = { migration: "M-1", table: "people", unit: "42" };
  return { ...named, columns, key, hidesKey, triggers, part: part(lines), keep, beforeCommit };
};

describe("upserting", () => {
  it("inserts, updates only what differs, and touches nothing else", async () => {
    await database.query(
      `INSERT INTO people VALUES (1, 'Amina', 1.5, '{"a":1}'), (2, NULL, 1, NULL), (3, 'Li', 1, NULL)`,
    );
    const untouched = await database.query("SELECT ctid, xmin FROM people WHERE id IN (1, 3) ORDER BY id");

    const outcome = await upsertOne(target, unit(['1,Amina,1.5,"{""a"":1}"', "2,\\N,1.00,\\N", "4,Noor,\\N,\\N"]));

    expect(outcome).toEqual({ inserted: 1, updated: 1, unchanged: 1 });
    expect(await database.query("SELECT price FROM people WHERE id = 2")).toEqual([{ price: "1.00" }]);
    expect(await database.query("SELECT ctid, xmin FROM people WHERE id IN (1, 3) ORDER BY id")).toEqual(untouched);
  });

  it("the same unit twice changes nothing, and its rows count as ours", async () => {
    await target.load(people([part(["1,Amina"])]));
    await upsertOne(target, unit(["2,Li,1,\\N"]));

    const again = await upsertOne(target, unit(["2,Li,1,\\N"]));
    const replaced = await target.load(people([part(["1,Amina"])]));

    expect(again).toEqual({ inserted: 0, updated: 0, unchanged: 1 });
    expect(replaced.counts).toMatchObject({ before: 2, inserted: 1 });
  });

  it("keeps the rows it changes as they were; a unit that changes nothing leaves what is kept alone", async () => {
    await database.query("INSERT INTO people VALUES (2, 'Lee', 1, NULL)");
    const kept = keeping();
    const request = { ...unit(["2,Li,1,\\N", "3,Ada,1,\\N"]), keep: kept.keep };

    await upsertOne(target, request);
    await upsertOne(target, { ...request, keep: () => Promise.reject(new Error("nothing was to be kept")) });

    expect(kept.lines()).toEqual([
      expect.stringMatching(/^updated,[0-9a-f]{32},2,Lee,1,\\N$/),
      expect.stringMatching(/^inserted,[0-9a-f]{32},3,\\N,\\N,\\N$/),
    ]);
    expect(await database.query("SELECT generation, state, undo ->> 'rows' AS rows FROM waybill.generations")).toEqual([
      { generation: "unit:42", state: "live", rows: "2" },
    ]);
  });

  it("refuses two rows of one key and keeps nothing", async () => {
    const error = await rejection(upsertOne(target, unit(["2,Li,1,\\N", "2,Noor,1,\\N"])));

    expect(error).toMatchObject({ kind: "integrity" });
    expect(await database.count("people")).toBe(0);
  });

  it("inserts into GENERATED ALWAYS AS IDENTITY, as key and beside it", async () => {
    await database.query("ALTER TABLE people ALTER id ADD GENERATED ALWAYS AS IDENTITY");

    const outcome = await upsertOne(target, unit(["2,Li,1,\\N"]));

    expect(outcome).toEqual({ inserted: 1, updated: 0, unchanged: 0 });
  });
});

describe("a target", () => {
  it("is chosen by the scheme of its URL", async () => {
    const error = await rejection(openTarget("oracle://someone@host/db", { application: "waybill/test" }));

    expect(error).toMatchObject({ kind: "usage", message: "there is no adapter for a target of the scheme oracle:" });
  });

  it("says which database it is, whatever address it is reached by", async () => {
    const byNumber = await openTarget(database.url.replace("localhost", "127.0.0.1"), { application: "waybill/test" });

    expect(byNumber.identity).toEqual(target.identity);
    expect(target.identity).toMatchObject({ product: "postgresql", identity: expect.stringContaining(database.name) });
    await byNumber.close();
  });

  it("is held by one run of a migration at a time, and freed when that run ends", async () => {
    const other = await openTarget(database.url, { application: "waybill/other" });
    await target.lock("M-1", ["people"]);

    const refused = await rejection(other.lock("M-1", ["people"]));
    await other.lock("M-2", []);
    await target.close();
    await waitFor(() => other.lock("M-1", ["people"]));

    expect(refused).toMatchObject({ kind: "temporary", message: expect.stringContaining("waybill/test") });
    await other.close();
  });

  it("lets no two migrations load one table at once, and names who does", async () => {
    const other = await openTarget(database.url, { application: "waybill/other" });
    await target.lock("M-1", ["people"]);

    const refused = await rejection(other.lock("M-2", ["people"]));

    expect(refused).toMatchObject({
      kind: "temporary",
      message: expect.stringMatching(/^another run is loading public\.people: process \d+ for \S+, waybill\/test/),
    });
    await other.close();
  });

  it("gets its ledger from several runs at once, and has no lines before", async () => {
    const before = await target.standing("M-1", "people", "g1");
    const runs = await Promise.all([1, 2, 3, 4].map(() => openTarget(database.url, { application: "waybill/test" })));

    await Promise.all(runs.map((run) => run.ensureLedger()));

    expect(before).toEqual({ generation: undefined, lines: [], addedSince: 0, others: 0 });
    expect(await database.count("waybill.loads")).toBe(0);
    await Promise.all(runs.map((run) => run.close()));
  });

  it("names the table that may have been meant", async () => {
    const error = await rejection(target.describe("poeple"));

    expect(error).toMatchObject({ kind: "missing", hint: "did you mean people?" });
  });
});

async function waitFor(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if (
      await work().then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await work();
}

async function upsertOne(target: Target, request: UpsertRequest): Promise<UpsertOutcome | undefined> {
  const [outcome] = await target.upsertAll([[request]]);
  return outcome;
}

import { expect, it } from "vitest";
import { fillRegistry, registryCounts } from "../../scripts/relief-registry.js";
import { createDatabase } from "../support/postgres.js";

it("the quoted size has exactly the quoted nameless and doubled people", () => {
  const counts = registryCounts(1_247_893);

  expect(counts).toMatchObject({ nameless: 2_341, duplicates: 1_456 });
});

it.each([20, 1_000, 20_000])("a registry of %i rows holds exactly the rows it promises", async (rows) => {
  const database = await createDatabase();

  const counts = await fillRegistry(database.url, rows);

  const [found] = await database.query(
    `SELECT count(*) AS beneficiaries, count(*) FILTER (WHERE beneficiary_name IS NULL) AS nameless,
       count(*) - count(DISTINCT id) AS duplicates, (SELECT count(*) FROM distributions) AS distributions FROM beneficiaries`,
  );
  const [nameless] = await database.query(
    `SELECT count(*) FROM beneficiaries WHERE beneficiary_name IS NULL
       AND id IN (SELECT id FROM beneficiaries GROUP BY id HAVING count(*) > 1)`,
  );
  expect(found).toEqual(Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)])));
  expect(nameless?.count).toBe("0");
  await database.drop();
});

it("somebody nameless and somebody doubled were given something", async () => {
  const database = await createDatabase();

  await fillRegistry(database.url, 1_000);

  const given = await database.query(
    `SELECT beneficiary_name IS NULL AS nameless, count(*) > 1 AS doubled FROM distributions d
       JOIN beneficiaries b ON b.id = d.beneficiary_id WHERE d.id <= 2 GROUP BY d.id, 1 ORDER BY d.id`,
  );
  expect(given).toEqual([
    { nameless: "t", doubled: "f" },
    { nameless: "f", doubled: "t" },
  ]);
  await database.drop();
});

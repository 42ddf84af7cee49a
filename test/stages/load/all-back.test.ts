import { readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { readyToLoad } from "./loading.js";

const people =
  "table: people\nfrom: people\ncolumns:\n  id: id\n  name: name\n  town: town\nload: { triggers: keep }\n";

// Somebody else at work while people is loaded: what stood aside is forgotten, and another index added.
const meddling = `
  CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM waybill.definitions WHERE name IN ('people_town_fkey', 'people_name');
    ALTER TABLE towns ALTER name DROP NOT NULL;
    CREATE INDEX IF NOT EXISTS of_others ON towns (length(name));
    RETURN NULL; END $$;
  CREATE TRIGGER meddles AFTER INSERT ON people EXECUTE FUNCTION meddle()`;

it("load names every index, key and column that is not what it was, withholds its manifests, and is content once they are", async () => {
  const ready = await readyToLoad({ files: { "people.yaml": people }, targetSql: meddling });

  const load = await ready.stage("load");
  const left = [await readdir(ready.file("load", "towns", "")), await readdir(ready.file("load", "people", ""))];
  await ready.target.query(
    `ALTER TABLE people ADD CONSTRAINT people_town_fkey FOREIGN KEY (town) REFERENCES towns;
     CREATE INDEX people_name ON people (name); ALTER TABLE towns ALTER name SET NOT NULL`,
  );
  const again = await ready.stage("load");

  expect(load).toMatchObject({ exitCode: 65, stdout: "" });
  expect(load.stderr).toMatch(
    /^towns is not what .*: column name is not what it was, (.*, )?foreign key people_town_fkey of public.people is gone$/m,
  );
  expect(load.stderr).toContain(
    "people is not what it was before it was loaded: foreign key people_town_fkey is gone, index people_name is gone\n",
  );
  expect(load.stderr).not.toContain("of_others");
  expect(left.flat()).not.toContain("manifest.json");
  expect(again).toMatchObject({ exitCode: 0 });
  expect(again.stdout.trim().split("\n")).toHaveLength(2);
});

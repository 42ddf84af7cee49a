import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

const here = "0101000000000000000000F03F0000000000000040";

it("ewkt writes geometries in words, and takes nothing for one that is none", async () => {
  const rows = await runColumn("{ from: x, ewkt: true }", [here, null, "", "POINT(1 2)", `${here}00`]);

  const miss = "v is not a geometry in WKB";
  expect(rows.map(({ values, rejected }) => rejected?.reason ?? values[0])).toEqual([
    "POINT(1 2)",
    null,
    miss,
    miss,
    miss,
  ]);
});

it("ewkt says the reference system of a geometry that names none", async () => {
  const [row] = await runColumn("{ from: x, ewkt: { srid: 4326 } }", [here]);

  expect(row?.values[0]).toBe("SRID=4326;POINT(1 2)");
});

it.each(["false", "{ srid: 0 }", "{ srid: WGS84 }", "{}"])("ewkt: %s is refused", (options) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { from: x, ewkt: ${options} }`) }).lines).not.toEqual([]);
});

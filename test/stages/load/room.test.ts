import { expect, it, onTestFinished } from "vitest";
import { openTarget } from "../../../lib/databases/open-target.js";
import { beginsWith } from "../../../lib/files/free-space.js";
import { startPostgres, testSettings } from "../../../scripts/embedded-postgres-server.js";
import { assertRoom } from "../../../stages/load/room.js";
import { createDatabase } from "../../support/postgres.js";

it("rows that clearly do not fit on the server's disk are refused with both numbers, where its folder is in sight", async () => {
  const server = await startPostgres({ settings: testSettings });
  onTestFinished(server.stop);
  const database = await createDatabase("CREATE TABLE people (id integer)", server.url("postgres"));
  const [data] = await database.query("SHOW data_directory");
  const target = await openTarget(database.url, { application: "waybill/test" });
  onTestFinished(() => target.close());

  const [storage] = await target.storage(["people"]);

  expect(storage?.folder).toBe(data?.data_directory);
  expect(await beginsWith(String(storage?.proof.path), storage?.proof.begins ?? Buffer.alloc(0))).toBe(true);
  await expect(assertRoom(target, [{ table: "people", bytes: 1e18 }])).rejects.toMatchObject({
    kind: "disk",
    message: expect.stringMatching(
      /^the rows need at least 1000000000000\.0 MB in \/\S+, and [1-9]\d*\.\d MB are free$/,
    ),
  });
  expect(await assertRoom(target, [{ table: "people", bytes: 1_000 }])).toEqual([]);
});

it("a folder that is not the server's own, or out of sight, keeps nothing off, and its tables are named as not looked at", async () => {
  const storage = async () => [
    { table: "people", folder: "/", proof: { path: "/etc/hostname", begins: Buffer.from("no such host\n") } },
    { table: "people", folder: "/", proof: { path: "/nowhere/pg_control", begins: Buffer.from("x") } },
  ];

  expect(await assertRoom({ storage }, [{ table: "people", bytes: 1e18 }])).toEqual(["people"]);
});

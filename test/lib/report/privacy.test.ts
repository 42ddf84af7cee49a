import { expect, it } from "vitest";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { sha256 } from "../../../lib/model/hash.js";
import { buildManifest, type Manifest } from "../../../lib/model/manifest.js";
import { fieldOf, resourceOf } from "../../../lib/model/resource.js";
import { type Privacy, privacyOf, shownKey, shownValue } from "../../../lib/report/privacy.js";
import { filesOf, peopleWith } from "../mapping/specification-fixture.js";

const columns = ["id: id", "name: { from: name, pii: true }", 'initial: { sql: "left(name, 1)" }', "town: town"];
const facts = { bytes: 0, hash: sha256(""), contentHash: sha256(""), rowCount: 0, longestRecordBytes: 0 };
const extract: Manifest = buildManifest(
  [
    resourceOf(facts, {
      path: "part-00000.csv.gz",
      role: "part",
      fields: ["id", "name", "town"].map((name) => fieldOf({ name, type: "string" })),
    }),
  ],
  {
    stage: "extract",
    subject: "people",
    migration: "M-1",
    fingerprint: sha256(""),
    inputs: [],
    snapshots: [],
    counts: {},
    checksum: null,
    verdict: { code: 0, reasons: [] },
    tool: {},
    details: {},
  },
);

function privacy(lines: readonly string[], extracts: readonly (Manifest | undefined)[]): Privacy {
  const [table] = parseMigration(filesOf({ "people.yaml": peopleWith(...lines) })).tables;
  if (table === undefined) throw new Error("no table");
  return privacyOf(table, extracts);
}

const hidden = { kind: "hidden" };

it("columns marked pii are hidden, and so is what is made from the same columns; others, NULL and nothing show", () => {
  const found = privacy(columns, [extract]);

  expect(shownValue(found, "name", "Asha")).toEqual(hidden);
  expect(shownValue(found, "initial", "A")).toEqual(hidden);
  expect(shownValue(found, "town", "Obock")).toEqual({ kind: "value", text: "Obock" });
  expect(shownValue(found, "name", null)).toEqual({ kind: "value", text: null });
  expect(shownValue(found, "name", "")).toEqual({ kind: "value", text: "" });
});

it("a whole row is hidden as soon as one column is marked, and that there is no row is said", () => {
  expect(shownValue(privacy(columns, [extract]), null, '{"id":1}')).toEqual(hidden);
  expect(shownValue(privacy(["id: id"], [extract]), null, '{"id":1}')).toEqual({ kind: "value", text: '{"id":1}' });
  expect(shownValue(privacy(columns, [extract]), null, null)).toEqual({ kind: "absent" });
});

it("a key is shown by its hash where it is private, or the whole row of a table with private columns", () => {
  const found = privacy(columns, [extract]);

  expect(shownKey(found, ["id"], "7")).toEqual({ kind: "value", text: "7" });
  expect(shownKey(found, ["id", "name"], "[7]")).toEqual({ kind: "hash", text: sha256("[7]").slice(0, 23) });
  expect(shownKey(found, [], "[7]")).toMatchObject({ kind: "hash" });
  expect(shownKey(privacy(["id: id"], [extract]), [], "[7]")).toEqual({ kind: "value", text: "[7]" });
});

it("everything is hidden where nobody can tell any more what a column is made from", () => {
  expect(shownValue(privacy(columns, [undefined]), "town", "Obock")).toEqual(hidden);
  expect(shownKey(privacy(columns, []), ["id"], "7")).toMatchObject({ kind: "hash" });
});

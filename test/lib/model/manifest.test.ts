import fc from "fast-check";
import { expect, it } from "vitest";
import { emptyChecksum } from "../../../lib/model/checksum.js";
import { sha256 } from "../../../lib/model/hash.js";
import {
  buildManifest,
  filesOf,
  type Manifest,
  manifestText,
  type Resource,
  type Statement,
} from "../../../lib/model/manifest.js";
import { parseManifest } from "../../../lib/model/parse-manifest.js";
import { fieldOf, resourceOf } from "../../../lib/model/resource.js";
import { violations } from "./data-package-profile.js";

const path = "extract/people/manifest.json";

function part(name = "part-00000.csv.gz", content = "rows"): Resource {
  const facts = {
    bytes: 100,
    hash: sha256(`${content} gz`),
    contentHash: sha256(content),
    rowCount: 2,
    longestRecordBytes: 9,
  };
  const fields = [
    fieldOf({ name: "id", type: "integer", databaseType: "bigint", nullable: false }),
    fieldOf({ name: "né", type: "string" }),
  ];
  return resourceOf(facts, {
    path: name,
    role: "part",
    fields,
    primaryKey: ["id"],
    keyRange: { first: ["1"], last: ["2"] },
  });
}

const statement: Statement = {
  stage: "extract",
  subject: "people",
  migration: "TEST-1",
  fingerprint: sha256("specification"),
  inputs: [],
  snapshots: [{ id: "postgresql:1:1:" }],
  counts: { read: 2 },
  checksum: emptyChecksum,
  verdict: { code: 0, reasons: [] },
  tool: { waybill: "1" },
  details: { key: ["id"] },
};

function build(changes: Partial<Statement> = {}, resources = [part()]): Manifest {
  return buildManifest(resources, { ...statement, ...changes });
}

it("is read back as it was written", () => {
  const manifest = build();

  expect(parseManifest(manifestText(manifest), path)).toEqual(JSON.parse(JSON.stringify(manifest)));
});

it("detects every single flipped bit", () => {
  const bytes = Buffer.from(manifestText(build()));
  const undetected: number[] = [];
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (isAccepted(flipped.toString("utf8"))) undetected.push(bit);
  }

  expect(undetected).toEqual([]);
});

it("detects every manifest that was cut off", () => {
  const text = manifestText(build());

  fc.assert(fc.property(fc.nat(text.length - 3), (length) => !isAccepted(text.slice(0, length))));
});

it.each(["../secret", "/etc/passwd", "a/b.csv.gz", "..", ".lock", "a\\b", "", "a\nb", "~root"])(
  "refuses to look for a file at %j",
  (name) => {
    const manifest = build({}, [part(name)]);

    expect(() => parseManifest(manifestText(manifest), path)).toThrow(/does not lie beside it/);
  },
);

it("refuses what is no manifest, and formats it does not know, naming the file", () => {
  const newer = manifestText(build()).replace('"version": 1\n', '"version": 2\n');

  for (const text of ["", "null", "[]", "{}", '{"_waybill": null, "resources": []}', '{"_waybill": {}}', newer]) {
    expect(() => parseManifest(text, path)).toThrow(path);
  }
  expect(() => parseManifest(newer, path)).toThrow(
    "its format is waybill-manifest 2 with dialect 1, this program reads waybill-manifest 1 with dialect 1",
  );
});

it("keeps its outputHash when the same data is read from another snapshot by another release", () => {
  const again = build({ snapshots: [{ id: "postgresql:9:9:" }], tool: { waybill: "2" }, fingerprint: sha256("other") });

  expect(again._waybill.outputHash).toBe(build()._waybill.outputHash);
  expect(again._waybill.digest).not.toBe(build()._waybill.digest);
});

it("changes its outputHash with content, counts, file names and the verdict", () => {
  const others = [
    build({}, [part("part-00000.csv.gz", "other rows")]),
    build({}, [part("part-00001.csv.gz")]),
    build({ counts: { read: 3 } }),
    build({ verdict: { code: 1, reasons: ["too many"] } }),
  ];

  expect(new Set([build(), ...others].map(({ _waybill }) => _waybill.outputHash)).size).toBe(5);
});

it("is a Frictionless Data Package 2.0 descriptor", () => {
  const fields = ["string", "integer", "number", "boolean", "date", "time", "datetime"].map((type) =>
    fieldOf({ name: type, type }),
  );
  const file = part();

  expect(violations(build({}, [{ ...file, schema: { ...file.schema, fields, primaryKey: ["integer"] } }]))).toEqual([]);
});

it("lists the files of one role", () => {
  const manifest = build({}, [part("part-00000.csv.gz"), { ...part("rejects.csv.gz"), _role: "rejects" }]);

  expect(filesOf(manifest, "rejects").map((file) => file.path)).toEqual(["rejects.csv.gz"]);
});

function isAccepted(text: string): boolean {
  try {
    parseManifest(text, path);
    return true;
  } catch {
    return false;
  }
}

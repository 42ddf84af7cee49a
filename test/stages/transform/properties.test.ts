import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeValue } from "../../../lib/model/csv-dialect.js";
import { csvValues } from "../../lib/files/csv-values.js";
import { snapshotOf } from "../stage-files.js";
import { checksumOfRows, columnsNamed, type Extracted, md5OfRow, type Row } from "./extracted.js";
import { contentOf, readMapped, transformFolder } from "./mapped.js";
import { type Ready, readyToMap } from "./ready.js";

const columns = columnsNamed(["id", "parent", "kind", "at", "value"], { at: "integer" });

/** Few distinct ids, parents, kinds and times, so that rows collide; any value at all beside them. */
const sourceRows: fc.Arbitrary<readonly Row[]> = fc
  .array(
    fc.tuple(
      fc.constantFrom(null, "", "1", "2", "3", "4", "5", "6", "7", "8"),
      fc.constantFrom(null, "1", "2", "3", "9"),
      fc.constantFrom(null, "filter", "reject", "bad", "a", "b", "c"),
      fc.constantFrom(null, "1", "9", "10", "-3"),
      csvValues({ nul: false }),
    ),
    { maxLength: 40 },
  )
  .map((rows) => rows.map((row): Row => row).sort(inSourceOrder));

// By key, then by all columns; NULL first, and text by bytes: what the source does.
function inSourceOrder(a: Row, b: Row): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? null;
    if (value === other) continue;
    if (value === null || other === null) return value === null ? -1 : 1;
    return Buffer.compare(Buffer.from(value), Buffer.from(other)) || 0;
  }
  return 0;
}

const mapping = (name: string, more: string): string => `table: ${name}
from: rows
filter: [{ keep: "kind IS DISTINCT FROM 'filter'" }]
reject: [{ when: kind = 'reject', reason: asked for }]
columns:
  key: { uuid5: { table: full, columns: [id] } }
  id: id
  parent: parent
  kind: { from: kind, map: { a: A, b: B, c: C, null: none } }
  value: { from: value, trim: true }
  copy: value
${more}`;

const files = {
  "migration.yaml": "migration: TEST-1\nextracts:\n  rows: { key: [id] }\n",
  "full.yaml": mapping("full", "dedupe: { by: [id], keep: latest, order: [at] }\n"),
  "short.yaml": mapping("short", "ledger: exceptions\ndedupe: { by: [id], keep: latest, order: [at] }\n"),
  // Duplicates by another column than the key and references into the table itself: settled over all parts.
  "across.yaml": mapping(
    "across",
    "key: [id]\ndedupe: { by: [kind, copy], keep: first, order: [at] }\nexpect: [{ relationships: { column: parent, to: across.id } }]\n",
  ),
  "child.yaml": mapping("child", "expect: [{ relationships: { column: parent, to: across.id, otherwise: null } }]\n"),
};

const tables = ["full", "short", "across", "child"] as const;

async function mapped(rows: readonly Row[], jobs: number, more: Partial<Extracted> = {}): Promise<Ready> {
  const ready = await readyToMap({ files, extracts: { rows: { columns, rows, key: ["id"], ...more } } });
  const { exitCode, stderr } = await ready.run("--jobs", String(jobs));
  expect(exitCode, stderr).toBe(0);
  return ready;
}

const prefixes = ["part-", "ledger-", "rejects", "changes"] as const;

async function everything(work: string): Promise<Readonly<Record<string, string>>> {
  const contents: [string, string][] = [];
  for (const table of tables)
    for (const prefix of prefixes) contents.push([`${table} ${prefix}`, await contentOf(work, table, prefix)]);
  return Object.fromEntries(contents);
}

it("every row that was read ends in exactly one place, whatever it holds", { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(sourceRows, fc.integer({ min: 1, max: 9 }), async (rows, partRows) => {
      const { work } = await mapped(rows, 2, { partRows });

      for (const table of tables) {
        const { manifest, output, ledger, rejects } = await readMapped(work, table);
        const { read = 0, filtered = 0, rejected = 0, deduplicated = 0, written = 0 } = manifest._waybill.counts;
        expect([read, output.length, rejects.length]).toEqual([rows.length, written, rejected]);
        expect(filtered + rejected + deduplicated + written).toBe(read);
        const exceptions = ledger.filter(({ disposition }) => disposition !== "written").length;
        expect(exceptions).toBe(filtered + rejected + deduplicated);
        expect(new Set(ledger.map(({ key, occurrence }) => JSON.stringify([key, occurrence]))).size).toBe(
          ledger.length,
        );
        if (table !== "short") expect(ledger.map((line) => line.source_checksum)).toEqual(rows.map(md5OfRow));
      }
    }),
    { numRuns: 8 },
  );
});

it("neither the cut of the parts nor --jobs changes what is written", { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(sourceRows, fc.integer({ min: 1, max: 9 }), async (rows, partRows) => {
      const whole = await mapped(rows, 1);
      const cut = await mapped(rows, 4, { partRows });
      const dated = await mapped(rows, 3, { partRows: partRows + 1, partsBy: "date" });

      const wanted = await everything(whole.work);
      expect(await everything(cut.work)).toEqual(wanted);
      expect(await everything(dated.work)).toEqual(wanted);
    }),
    { numRuns: 5 },
  );
});

it("two runs give the same bytes, manifests included", { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(sourceRows, fc.integer({ min: 1, max: 9 }), async (rows, partRows) => {
      const one = await mapped(rows, 1, { partRows });
      const two = await mapped(rows, 4, { partRows });

      for (const table of tables) expect(await bytesOf(two.work, table)).toEqual(await bytesOf(one.work, table));
    }),
    { numRuns: 4 },
  );
});

it("the checksum of what was written does not depend on the ledger, and is that of its rows", {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(sourceRows, async (rows) => {
      const { work } = await mapped(rows, 4, { partRows: 2 });

      const [full, short] = [await readMapped(work, "full"), await readMapped(work, "short")];
      expect(full.manifest._waybill.checksum).toEqual(checksumOfRows(full.output));
      expect(short.manifest._waybill.checksum).toEqual(full.manifest._waybill.checksum);
    }),
    { numRuns: 5 },
  );
});

it("files are written in the one dialect, character by character", { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(sourceRows, async (rows) => {
      const { work } = await mapped(rows, 2);

      const { header, output } = await readMapped(work, "child");
      expect(await contentOf(work, "child", "part-")).toBe([header, ...output].map(encodedByEngine).join(""));
    }),
    { numRuns: 4 },
  );
});

/** A row as the engine writes it: it quotes a value that holds a `#`, which any reader of the dialect takes as well. */
function encodedByEngine(row: Row): string {
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  return `${row.map((value) => (value?.includes("#") ? quoted(value) : encodeValue(value))).join(",")}\n`;
}

async function bytesOf(work: string, table: string): Promise<readonly string[]> {
  const files = Object.entries(await snapshotOf(transformFolder(work, table)));
  return files.map(([path, file]) => path.slice(work.length) + file.slice(file.indexOf(" ")));
}

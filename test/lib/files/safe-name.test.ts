import fc from "fast-check";
import { expect, it } from "vitest";
import { safeName } from "../../../lib/files/safe-name.js";

const anyName = fc.oneof(
  fc.string({ unit: "binary", minLength: 1 }),
  fc.string({ unit: fc.constantFrom("a", "A", ".", "/", "-", "%", "é", " "), minLength: 1 }),
);

it("makes a folder name of any name, that leads nowhere else on any file system", () => {
  fc.assert(
    fc.property(fc.oneof(anyName, fc.string({ minLength: 90, maxLength: 3000 })), (name) => {
      const safe = safeName(name);

      expect(safe).toMatch(/^[a-z0-9_%][a-z0-9_.%-]*$/);
      expect(safe.length).toBeLessThanOrEqual(100);
      expect(safe).not.toMatch(/\.$/);
    }),
    { numRuns: 2000 },
  );
});

it("gives no two names one folder, not even where case does not count", () => {
  fc.assert(
    fc.property(anyName, anyName, (a, b) => {
      fc.pre(a !== b);
      expect(safeName(a).toLowerCase()).not.toBe(safeName(b).toLowerCase());
    }),
    { numRuns: 2000 },
  );
  expect(new Set(["Users", "users", "USERS", "us/ers", "us%2fers", "é", "e\u0301"].map(safeName)).size).toBe(7);
});

it("gives a name and the safe name of another no common folder", () => {
  fc.assert(fc.property(anyName, (name) => safeName(name) === name || safeName(safeName(name)) !== safeName(name)));
});

it("keeps plain names as they are, and the rest readable", () => {
  expect(["beneficiaries", "relief.beneficiaries", "t-1_2"].map(safeName)).toEqual([
    "beneficiaries",
    "relief.beneficiaries",
    "t-1_2",
  ]);
  expect(safeName("Order Details")).toMatch(/^order%20details-[0-9a-f]{8}$/);
  expect(safeName("../../etc/passwd")).toMatch(/^%2e/);
  for (const reserved of ["con", "nul", "com1", "aux.txt", "a."]) expect(safeName(reserved)).toMatch(/-[0-9a-f]{8}$/);
});

import { describe, expect, it } from "vitest";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { assertSourceOptions, sourceUrl, targetUrl } from "../../../lib/program/database-url.js";
import type { SourceOption } from "../../../lib/program/url-options.js";
import { filesOf } from "../mapping/specification-fixture.js";

type Environment = Readonly<Record<string, string>>;

const people = { "people.yaml": "table: people\ncolumns: all\n" };
const one = read("source: postgresql://$" + "{LEGACY_HOST}/registry\nextracts: { people: {} }");
const named = read("sources: { registry: }\nextracts: { people: {} }");
const several = read(
  "sources: { registry: postgresql://file/r, old-finance: }\nextracts: { people: { source: registry } }",
);

function read(text: string) {
  return parseMigration(filesOf({ "migration.yaml": `migration: T\n${text}\n`, ...people }));
}

function asked(migration: typeof one, environment: Environment, sources: readonly SourceOption[] = []) {
  return { migration, options: { sources, target: undefined }, context: { environment } };
}

describe("the only source", () => {
  it("is where the option says, else the variable, else migration.yaml", () => {
    const environment = { WAYBILL_SOURCE_URL: "postgresql://variable/db", LEGACY_HOST: "legacy" };
    const option = { name: undefined, url: "postgresql://option/db" };

    expect(sourceUrl(asked(one, environment, [option]), undefined)).toBe("postgresql://option/db");
    expect(sourceUrl(asked(one, environment), undefined)).toBe("postgresql://variable/db");
    expect(sourceUrl(asked(one, { LEGACY_HOST: "legacy" }), undefined)).toBe("postgresql://legacy/registry");
  });

  it("may have a name: its own variable goes before the common one, and the last option counts", () => {
    const environment = { WAYBILL_SOURCE_URL: "postgresql://common/db" };
    const options = [
      { name: undefined, url: "postgresql://first/db" },
      { name: "registry", url: "postgresql://last/db" },
    ];

    expect(sourceUrl(asked(named, environment), "registry")).toBe("postgresql://common/db");
    expect(
      sourceUrl(asked(named, { ...environment, WAYBILL_SOURCE_REGISTRY_URL: "postgresql://own/db" }), "registry"),
    ).toBe("postgresql://own/db");
    expect(sourceUrl(asked(named, environment, options), "registry")).toBe("postgresql://last/db");
  });
});

describe("each of several sources", () => {
  it("is where its own option, variable or line says; the common variable means none of them", () => {
    const environment = {
      WAYBILL_SOURCE_URL: "postgresql://common/db",
      WAYBILL_SOURCE_OLD_FINANCE_URL: "pg://variable",
    };
    const option = { name: "old-finance", url: "postgresql://option/f" };

    expect(sourceUrl(asked(several, environment), "registry")).toBe("postgresql://file/r");
    expect(sourceUrl(asked(several, environment), "old-finance")).toBe("pg://variable");
    expect(sourceUrl(asked(several, environment, [option]), "old-finance")).toBe("postgresql://option/f");
    expect(() => sourceUrl(asked(several, {}), "old-finance")).toThrow(
      expect.objectContaining({
        message: "nothing says where the source old-finance is",
        hint: expect.stringMatching(/^set WAYBILL_SOURCE_OLD_FINANCE_URL=.*--source old-finance=URL$/),
      }),
    );
  });
});

it("says which variable to set when nothing says where the database is", () => {
  expect(() => targetUrl(asked(one, {}))).toThrow(
    expect.objectContaining({ kind: "usage", hint: expect.stringContaining("WAYBILL_TARGET_URL") }),
  );
});

it.each([
  [several, undefined, "T has 2 sources, and --source does not say which one it means"],
  [several, "regstry", "T has no source regstry; did you mean registry?"],
  [one, "registry", "T has no source registry"],
] as const)("a --source that could mean anything else is refused (%#)", (migration, name, message) => {
  expect(() => assertSourceOptions(migration, [{ name, url: "postgresql://h/d" }])).toThrow(
    expect.objectContaining({ kind: "usage", message }),
  );
});

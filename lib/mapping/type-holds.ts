import type { ColumnType, TypeKind } from "./column-type.js";

/**
 * Whether every value that was checked as one type goes into a column of another as it is. True also where nobody can
 * tell: of types that are not checked, such as `any`, nothing is said.
 */
export function holdsAll({ kind: column }: Pick<ColumnType, "kind">, { kind: checked }: Pick<ColumnType, "kind">) {
  if (column.kind === "any" || checked.kind === "any") return true;
  if (column.kind === "text") return fitsText(column.characters, checked);
  switch (checked.kind) {
    case "integer":
      return integerFits(column, checked);
    case "decimal":
      return decimalFits(column, checked);
    case "float":
      return column.kind === "float" ? column.bits >= checked.bits : isUnlimited(column);
    case "enum":
      return column.kind === "enum" && checked.words.every((word) => column.words.includes(word));
    case "timestamp":
      return column.kind === "timestamp" && column.hasZone === checked.hasZone && column.digits >= checked.digits;
    case "time":
      return column.kind === "time" && column.digits >= checked.digits;
    case "json":
    case "jsonb":
      return column.kind === "json" || column.kind === "jsonb";
    case "text":
    case "boolean":
    case "date":
    case "uuid":
    case "bytea":
      return column.kind === checked.kind;
    default:
      return checked satisfies never;
  }
}

type Of<Kind extends TypeKind["kind"]> = Extract<TypeKind, { readonly kind: Kind }>;

// How long the texts of numbers, dates and the like are, their types do not say: only of text it is known.
function fitsText(characters: number | undefined, checked: TypeKind): boolean {
  if (characters === undefined || checked.kind !== "text") return true;
  return checked.characters !== undefined && checked.characters <= characters;
}

const isUnlimited = (column: TypeKind): boolean => column.kind === "decimal" && column.whole === undefined;

function integerFits(column: TypeKind, { least, most }: Of<"integer">): boolean {
  switch (column.kind) {
    case "integer":
      return column.least <= least && column.most >= most;
    case "decimal":
      return column.whole === undefined || 10n ** BigInt(column.whole) > largest(least, most);
    // Beyond so many bits a float leaves out the last digits of a whole number.
    case "float":
      return largest(least, most) <= 2n ** (column.bits === 64 ? 53n : 24n);
    default:
      return false;
  }
}

const largest = (least: bigint, most: bigint): bigint => (-least > most ? -least : most);

function decimalFits(column: TypeKind, { whole, scale }: Of<"decimal">): boolean {
  if (column.kind === "decimal") {
    if (column.whole === undefined || column.scale === undefined) return true;
    return whole !== undefined && scale !== undefined && whole <= column.whole && scale <= column.scale;
  }
  if (column.kind !== "integer" || whole === undefined || scale !== 0) return false;
  const most = 10n ** BigInt(whole) - 1n;
  return column.most >= most && column.least <= -most;
}

/** A number as text has it, exactly: `digits` times ten to the power of minus `scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

// Beyond that an exponent is no figure anybody compares, and 10 ** n takes long.
const maxExponent = 400;

/**
 * Whether `actual` is further from `expected` than so many percent of it; never where both are the same number, however
 * written. undefined where one of them is no number. Exact: nothing passes through floating point but the percentage.
 */
export function isBeyond(expected: string, actual: string, percent: number): boolean | undefined {
  const [wanted, found, allowed] = [parse(expected), parse(actual), parse(String(percent))];
  if (wanted === undefined || found === undefined || allowed === undefined) return undefined;
  const scale = Math.max(wanted.scale, found.scale);
  const [left, right] = [scaled(wanted, scale), scaled(found, scale)];
  // |found - wanted| * 100 > |wanted| * percent, both sides times ten to the power of the percentage's scale.
  return absolute(right - left) * 100n * 10n ** BigInt(allowed.scale) > absolute(left) * allowed.digits;
}

function parse(text: string): Decimal | undefined {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^([+-]?)(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text.trim()) ?? [];
  if (whole === "" || Math.abs(Number(exponent)) > maxExponent) return undefined;
  const digits = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

const scaled = ({ digits, scale }: Decimal, to: number): bigint => digits * 10n ** BigInt(to - scale);
const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

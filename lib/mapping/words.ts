/** A value of the specification inside a sentence: text in quotation marks, NULL as it is called. */
export function spoken(value: string | null): string {
  return value === null ? "NULL" : JSON.stringify(value);
}

/** "a", "a and b", "a, b and c": names as somebody reads them aloud. */
export function listed(names: readonly string[], and = "and"): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${and} ${names.at(-1)}`;
}

/** 1247893 as `1,247,893`, in every locale. */
export function withCommas(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 row`, `1,247,893 rows`. */
export function counted(count: number, noun: string): string {
  return `${withCommas(count)} ${noun}${count === 1 ? "" : "s"}`;
}

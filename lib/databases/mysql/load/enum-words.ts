/** The words of `enum('a','b''c')` or `set(…)`, as the catalog spells the type. */
export function enumWords(databaseType: string): readonly string[] {
  return [...databaseType.matchAll(/'((?:[^']|'')*)'/g)].map(([, word = ""]) => word.replaceAll("''", "'"));
}

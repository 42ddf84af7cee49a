import type { CST } from "yaml";

/** The offset of the first token nested deeper than `levels`, or undefined. Walks without recursion. */
export function deeperThan(tokens: readonly CST.Token[], levels: number): number | undefined {
  const open: { readonly token: CST.Token; readonly level: number }[] = tokens.map((token) => ({ token, level: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, level } = next;
    if (level > levels) return token.offset;
    for (const child of children(token)) open.push({ token: child, level: level + 1 });
  }
  return undefined;
}

function children(token: CST.Token): readonly CST.Token[] {
  if (token.type === "document") return present([token.value]);
  if (!("items" in token)) return [];
  return present(token.items.flatMap((entry) => ("key" in entry ? [entry.key, entry.value] : [entry.value])));
}

const present = (tokens: readonly (CST.Token | null | undefined)[]): readonly CST.Token[] =>
  tokens.filter((token) => token !== null && token !== undefined);

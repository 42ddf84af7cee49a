/** Family name last, without titles. */
export function nameFirst(name: string, titles: readonly string[]): string {
  const [family = "", given = ""] = name.split(", ");
  const words = [...given.split(" "), family].filter((word) => word !== "" && !titles.includes(word));
  return words.join(" ");
}

export function initialsOf(name: string): string | null {
  const letters = [...name.matchAll(/(?:^|\s)(\p{L})/gu)].map(([, letter]) => letter);
  return letters.length === 0 ? null : letters.join("");
}

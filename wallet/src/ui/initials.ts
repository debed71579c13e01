/** The first letters of a name's first words, for where a logo would stand; marks around a name that nothing proves do not count. */
export function initialsOf(name: string, count: 1 | 2): string {
  const words = name.replaceAll(/[“”„"]/g, "").trim().split(/\s+/);
  return words
    .slice(0, count)
    .map((word) => [...word][0] ?? "?")
    .join("")
    .toUpperCase();
}

/** How many letters must be put in, taken out or changed to make one text of the other (Levenshtein). */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...left].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] ?? 0) + (right.charAt(j - 1) === letter ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** The nearest of some names, and how far it is. Only texts of a name's size are compared. */
export function nearestOf(
  text: string,
  names: readonly string[],
): { readonly name: string; readonly distance: number } | undefined {
  const asked = text.slice(0, 100);
  return names
    .map((name) => ({ name, distance: editDistance(asked, name) }))
    .reduce<{ name: string; distance: number } | undefined>(
      (best, other) => (best === undefined || other.distance < best.distance ? other : best),
      undefined,
    );
}

const longest = 64;

/** Edits (insert, delete, replace, swap of neighbours) between two texts; at most `longest` characters are compared. */
const edits = (from: string, to: string): number => {
  const a = from.slice(0, longest);
  const b = to.slice(0, longest);
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (same ? 0 : 1),
          swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
};

/** The known name that was probably meant: the beginning of one, or at most two edits away; `null` where none is. */
export const closest = (found: string, known: readonly string[]): string | null => {
  const text = found.toLowerCase();
  const ranked = known
    .map((name) => ({ name, distance: edits(text, name.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance);
  const [best] = ranked;
  // Two edits make any two-letter word into any other: short names must be nearer.
  if (best !== undefined && best.distance <= Math.min(2, Math.floor(text.length / 2))) return best.name;
  const begun = known.filter((name) => text.length >= 2 && isBeginning(text, name.toLowerCase()));
  return begun[0] ?? null;
};

const isBeginning = (one: string, other: string): boolean => one.startsWith(other) || other.startsWith(one);

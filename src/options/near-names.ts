/** How many names are worth reading. */
const MOST_NAMES = 5;

/**
 * Those of the known names that somebody may have meant who wrote another: first those that contain it or are contained
 * in it, in any case, then those that differ by few letters, the nearest first. None when all are quite different.
 */
export function nearNames(written: string, known: readonly string[]): readonly string[] {
  const wanted = written.toLowerCase();
  const most = Math.max(2, Math.floor(wanted.length / 3));
  const rated = known.map((name) => ({ name, distance: distanceOf(wanted, name.toLowerCase(), most) }));
  const near = rated.filter(({ distance }) => distance <= most).toSorted((a, b) => a.distance - b.distance);
  return near.slice(0, MOST_NAMES).map(({ name }) => name);
}

function distanceOf(a: string, b: string, most: number): number {
  if (a !== "" && b !== "" && (a.includes(b) || b.includes(a))) return a === b ? 0 : 1;
  return Math.abs(a.length - b.length) > most ? Infinity : edits(a, b);
}

/** Letters to add, leave out or change to make one text of the other. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

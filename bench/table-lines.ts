const NAME_WIDTH = 40;
const COLUMN_WIDTH = 18;

/** Lines of a table: names at the left, numbers under their columns. */
export function tableLines(
  columns: readonly string[],
  rows: readonly (readonly [name: string, cells: readonly (string | number)[]])[],
): readonly string[] {
  const line = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(NAME_WIDTH) + cells.map((cell) => String(cell).padStart(COLUMN_WIDTH)).join('');
  return [line('', columns), ...rows.map(([name, cells]) => line(name, cells))];
}

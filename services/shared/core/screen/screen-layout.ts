import type { Tile } from './screen.ts';

/** Where a tile stands in the grid; column and row count from 0. */
export interface TilePlace {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
}

/** A grid with a place for every tile, in the order of the tiles. */
export interface ScreenLayout {
  readonly columns: number;
  readonly rows: number;
  readonly places: readonly TilePlace[];
}

/** Grids from small to large; the largest has text that is just still read across a hall. */
const GRIDS: readonly (readonly [columns: number, rows: number])[] = [
  [1, 1],
  [2, 1],
  [2, 2],
  [3, 2],
  [3, 3],
  [4, 3],
];

/** Width and height in cells. */
type Sizes = Readonly<Record<Tile['kind'], readonly [width: number, height: number]>>;

/** As it should be, then what gives way where there are many tiles: nine always find room. */
const SIZES: readonly Sizes[] = [
  { hero: [2, 2], table: [1, 2], alerts: [2, 1], number: [1, 1] },
  { hero: [2, 2], table: [1, 1], alerts: [2, 1], number: [1, 1] },
  { hero: [2, 2], table: [1, 1], alerts: [1, 1], number: [1, 1] },
];

/**
 * The smallest grid that holds the tiles, the large ones placed first, and then grown over what is left. Null: there are
 * more than nine, or more than one hero.
 */
export function layoutOf(tiles: readonly Pick<Tile, 'kind'>[]): ScreenLayout | null {
  for (const sizes of SIZES) {
    const wanted = tiles.map(({ kind }) => sizes[kind]);
    for (const [columns, rows] of GRIDS) {
      const places = placeAll(wanted, columns, rows);
      if (places !== null) return { columns, rows, places };
    }
  }
  return null;
}

function placeAll(sizes: readonly Sizes['hero'][], columns: number, rows: number): TilePlace[] | null {
  const grid = new Grid(columns, rows);
  const places: TilePlace[] = [];
  const area = (index: number): number => sizes[index]![0] * sizes[index]![1];
  const order = [...sizes.keys()].sort((a, b) => area(b) - area(a) || a - b);
  for (const index of order) {
    const place = grid.put(...sizes[index]!);
    if (place === null) return null;
    places[index] = place;
  }
  return places.map((place) => grid.grow(place));
}

class Grid {
  private readonly taken = new Set<number>();
  private readonly columns: number;
  private readonly rows: number;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Takes the first free place of this size, row by row; null where there is none. */
  put(width: number, height: number): TilePlace | null {
    for (let row = 0; row + height <= this.rows; row++)
      for (let column = 0; column + width <= this.columns; column++) {
        const place = { column, row, width, height };
        if (!this.isFree(place)) continue;
        this.take(place);
        return place;
      }
    return null;
  }

  /** The place, wider and higher where the cells beside it are free. */
  grow(place: TilePlace): TilePlace {
    let { width, height } = place;
    const { column, row } = place;
    while (column + width < this.columns && this.isFree({ column: column + width, row, width: 1, height })) width++;
    while (row + height < this.rows && this.isFree({ column, row: row + height, width, height: 1 })) height++;
    const grown = { column, row, width, height };
    this.take(grown);
    return grown;
  }

  private cells({ column, row, width, height }: TilePlace): number[] {
    const cells: number[] = [];
    for (let y = row; y < row + height; y++)
      for (let x = column; x < column + width; x++) cells.push(y * this.columns + x);
    return cells;
  }

  private isFree(place: TilePlace): boolean {
    return this.cells(place).every((cell) => !this.taken.has(cell));
  }

  private take(place: TilePlace): void {
    for (const cell of this.cells(place)) this.taken.add(cell);
  }
}

import type { TilePlace } from '../../shared/core/screen/screen-layout.ts';

/** Width of a screen in units (hundredths of its height, 16:9), of its margins, of a gap, and of a tile's own margins. */
const SCREEN = 177.8;
const MARGIN = 3.2;
const GAP = 1.6;
const TILE_MARGIN = 5.6;

/** Room for text in a tile, in units. */
export function roomOf({ width }: Pick<TilePlace, 'width'>, columns: number): number {
  const cell = (SCREEN - MARGIN - GAP * (columns - 1)) / columns;
  return cell * width + GAP * (width - 1) - TILE_MARGIN;
}

/** What a font is measured by: figures, and the letters of an ordinary line. */
const SAMPLES: readonly string[] = ['0123456789', 'last 4 hours per ticket'];
/** How much wider the font at hand is than one like Arial; never less than 1. */
let stretch = 1;

/**
 * Has widths fit the font that the browser took: where there is nothing like Arial it may be a fifth wider. `measure`
 * gives the width of a text of size 1 in that font, bold.
 */
export function fitTo(measure: (text: string) => number): void {
  stretch = Math.max(1, ...SAMPLES.map((sample) => measure(sample) / guess(sample)));
}

/** About how wide a text of size 1 is. On the wide side: it decides what is cut off. */
export function widthOf(text: string): number {
  return guess(text) * stretch;
}

/** In a font like Arial. */
function guess(text: string): number {
  let width = 0;
  for (const char of text) width += widthOfChar(char);
  return width;
}

function widthOfChar(char: string): number {
  if (/[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/.test(char)) return 1;
  if (/[iljtfI.,:;'|! ·()-]/.test(char)) return 0.32;
  if (/[mwMW%@]/.test(char)) return 0.9;
  return /[A-Z&]/.test(char) ? 0.7 : 0.57;
}

/** Size of titles: they are bold, so somewhat wider than they are high. */
export const TITLE_SIZE = 4.2;
/** Size of small text, and sizes of a number from what looks best down to 72 pt. */
export const TEXT_SIZE = 4;
const NUMBER_SIZES: readonly number[] = [11.5, 10.5, 9.6, 9];
const SHARE_SIGN = 0.55;
const UNIT_GAP = 1.4;

/** Width of a number of size 1 with its sign of percent. */
function emOf({ number, percent }: { readonly number: string; readonly percent: boolean }): number {
  return widthOf(number) + (percent ? widthOf('%') * SHARE_SIGN : 0);
}

/** The largest size at which a number and its unit have room, at most `most`. */
export function numberSize(
  words: { readonly number: string; readonly unit: string; readonly percent: boolean },
  room: number,
  most: number,
): number {
  const em = emOf(words);
  const unit = words.unit === '' ? 0 : UNIT_GAP + widthOf(words.unit) * TEXT_SIZE;
  const sizes = NUMBER_SIZES.filter((size) => size <= most);
  return sizes.find((size) => em * size + unit <= room) ?? NUMBER_SIZES[NUMBER_SIZES.length - 1]!;
}

/** Sizes of a hero's number, of the text beside it, and the gap between them. */
const HERO_SIZES: readonly number[] = [26, 22, 19, 17, 14.5, 12, ...NUMBER_SIZES];
const HERO_SIDE_SIZE = 5.4;
const HERO_SIDE_GAP = 2.4;

/** The largest size at which a hero's number has room beside the longest of its texts. */
export function heroSize(
  words: { readonly number: string; readonly percent: boolean },
  side: readonly string[],
  { width, height }: Pick<TilePlace, 'width' | 'height'>,
  columns: number,
): number {
  const em = emOf(words);
  const beside = Math.max(...side.map(widthOf)) * HERO_SIDE_SIZE + HERO_SIDE_GAP;
  const room = roomOf({ width }, columns) - beside;
  const sizes = width > 1 && height > 1 ? HERO_SIZES : NUMBER_SIZES;
  return sizes.find((size) => em * size <= room) ?? NUMBER_SIZES[NUMBER_SIZES.length - 1]!;
}

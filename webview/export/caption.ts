import { valuesInMask } from '../../src/core/picture/tile.js';
import { valueVariable } from '../heatmap/palette.js';
import { LAYER_TEXT, VIEW_TEXT, valueLabel } from '../text/layerText.js';
import { isFileKinds, legendValues } from '../state/legendValues.js';
import type { MapSide } from '../state/mapSide.js';
import type { Store } from '../state/store.js';
import { count, size, TROUBLE_TEXT } from '../text/text.js';
import { clean } from '../../src/core/text.js';

/** What stands around a picture of the map, so that it can be read elsewhere. */
export interface Caption {
  readonly title: string;
  readonly entries: readonly CaptionEntry[];
  readonly background: string;
  readonly foreground: string;
  readonly font: string;
}

/** A swatch and what it stands for. */
export interface CaptionEntry {
  /** A CSS colour. */
  readonly colour: string;
  readonly text: string;
  readonly isTrouble: boolean;
}

/** Where the swatch of an entry and its text go, in CSS pixels from the caption's top left. */
export interface PlacedEntry {
  readonly entry: CaptionEntry;
  readonly x: number;
  readonly y: number;
}

/** CSS pixels. */
export const TITLE_HEIGHT = 32;
export const PADDING = 12;
export const SWATCH = 10;
export const GAP = 5;
const ROW = 20;

export function captionOf(store: Store, side: MapSide): Caption {
  const style = getComputedStyle(document.body);
  const read = (variable: string): string => style.getPropertyValue(variable).trim();
  const facts = store.facts.value;
  const scan = store.scan.value;
  const summary = scan.state === 'scanned' ? scan.summary : undefined;
  const picture = side.pictures.shown.value;
  const { names } = side.pictures;
  const values = legendValues(store, side).map(({ value, clusters = 0 }) => ({
    colour: read(valueVariable(picture, value)),
    text: `${valueLabel(picture, value, names.value)} ${count(clusters)}`,
    isTrouble: false,
  }));
  const subclusters = valuesInMask(side.subclusters.value).map((value) => ({
    colour: read(valueVariable(picture, value)),
    text: `subclusters: ${valueLabel(picture, value, [])}`,
    isTrouble: false,
  }));
  const troubles = [
    ['--vscode-qcow2-claimedTwice', TROUBLE_TEXT[3], summary?.claimedTwice],
    ['--vscode-qcow2-corruption', TROUBLE_TEXT[2], summary?.findingsByCode['refcount-too-low']],
    ['--vscode-qcow2-leak', TROUBLE_TEXT[1], summary?.findingsByCode.leak],
  ] as const;
  const entries = troubles.flatMap(([variable, text, clusters = 0]) =>
    isFileKinds(picture) && clusters > 0
      ? [{ colour: read(variable), text: `${text} ${count(clusters)}`, isTrouble: true }]
      : [],
  );
  const parts = [
    clean(facts?.fileName ?? ''),
    VIEW_TEXT[picture.view].text,
    LAYER_TEXT[picture.layer].text,
    `${count(side.clusters.value)} clusters of ${size(store.clusterSize)}`,
    store.settings.value?.curve === 'rows' ? 'in rows' : 'on a Hilbert curve',
  ];
  return {
    title: parts.join(' · '),
    entries: [...values, ...subclusters, ...entries],
    background: read('--vscode-editor-background'),
    foreground: read('--vscode-foreground'),
    font: `12px ${read('--vscode-font-family') || 'sans-serif'}`,
  };
}

/** Puts the entries into rows of a width; how high they are together. */
export function placeEntries(
  { entries, font }: Caption,
  width: number,
): { readonly placed: readonly PlacedEntry[]; readonly height: number } {
  const context = document.createElement('canvas').getContext('2d');
  if (context) context.font = font;
  const placed: PlacedEntry[] = [];
  let x = PADDING;
  let y = PADDING;
  for (const entry of entries) {
    const needed = SWATCH + GAP + (context?.measureText(entry.text).width ?? 0) + 16;
    if (x + needed > width && x > PADDING) {
      x = PADDING;
      y += ROW;
    }
    placed.push({ entry, x, y });
    x += needed;
  }
  return { placed, height: entries.length > 0 ? y + ROW + PADDING / 2 : 0 };
}

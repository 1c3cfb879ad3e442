// Draws media/icon.png: a file along a Hilbert curve, under a lens. `node scripts/icon.mjs`
import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const SIZE = 256;
const CELLS = 8;
const STEP = 27;
const MARGIN = (SIZE - (CELLS - 1) * STEP) / 2;
const STROKE = 8.5;
const CORNER = 52;
const LENS = { x: 156, y: 156, radius: 70, ring: 9, zoom: 2 };

/** @typedef {readonly [number, number, number]} Rgb */
/** @type {(hex: number) => Rgb} */
const rgb = (hex) => [hex >> 16, (hex >> 8) & 255, hex & 255];
const PAPER = rgb(0x18202a);
const PAPER_UNDER_LENS = rgb(0x223041);
const RING = rgb(0xe8edf2);
const DATA = rgb(0x4d6580);
const DATA_UNDER_LENS = rgb(0x7d9cbd);
const AMBER = rgb(0xe69f00);
const GREEN = rgb(0x00a87a);
const ORANGE = rgb(0xe5691a);
const BLUE = rgb(0x5fb4ee);
/** What lies where along the curve: kinds in the colours of the heatmap. @type {Record<number, Rgb>} */
const MARKED = {
  0: AMBER,
  1: GREEN,
  9: ORANGE,
  21: BLUE,
  22: BLUE,
  33: ORANGE,
  34: BLUE,
  35: BLUE,
  41: GREEN,
  60: ORANGE,
};

/** @type {(index: number) => { x: number, y: number }} */
function hilbert(index) {
  let x = 0;
  let y = 0;
  for (let side = 1, rest = index; side < CELLS; side *= 2, rest >>= 2) {
    const right = (rest >> 1) & 1;
    const down = (rest ^ right) & 1;
    if (down === 0) {
      if (right === 1) [x, y] = [side - 1 - x, side - 1 - y];
      [x, y] = [y, x];
    }
    x += side * right;
    y += side * down;
  }
  return { x: MARGIN + x * STEP, y: MARGIN + y * STEP };
}

const points = Array.from({ length: CELLS * CELLS }, (_, index) => hilbert(index));

/** Distance to the curve, and the point of it that is nearest. @type {(x: number, y: number) => { distance: number, index: number }} */
function nearest(x, y) {
  let distance = Infinity;
  let index = 0;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1];
    const b = points[i];
    const along = ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / STEP ** 2;
    const t = Math.min(1, Math.max(0, along));
    const d = Math.hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y));
    if (d < distance) {
      distance = d;
      index = t < 0.5 ? i - 1 : i;
    }
  }
  return { distance, index };
}

/** @type {(under: Rgb, over: Rgb, share: number) => Rgb} */
const blend = (under, over, share) => {
  const part = Math.min(1, Math.max(0, share));
  const mix = (/** @type {0 | 1 | 2} */ i) => under[i] + (over[i] - under[i]) * part;
  return [mix(0), mix(1), mix(2)];
};

/** @type {(x: number, y: number, paper: Rgb, data: Rgb, pixel: number) => Rgb} */
function curveAt(x, y, paper, data, pixel) {
  const { distance, index } = nearest(x, y);
  return blend(paper, MARKED[index] ?? data, (STROKE - distance) / pixel + 0.5);
}

/** @type {(x: number, y: number) => Rgb} */
function colourAt(x, y) {
  const fromLens = Math.hypot(x - LENS.x, y - LENS.y);
  if (fromLens > LENS.radius + 1) return curveAt(x, y, PAPER, DATA, 1);
  const zoomed = curveAt(
    LENS.x + (x - LENS.x) / LENS.zoom,
    LENS.y + (y - LENS.y) / LENS.zoom,
    PAPER_UNDER_LENS,
    DATA_UNDER_LENS,
    1 / LENS.zoom,
  );
  const ringed = blend(zoomed, RING, fromLens - (LENS.radius - LENS.ring) + 0.5);
  return blend(ringed, curveAt(x, y, PAPER, DATA, 1), fromLens - LENS.radius + 0.5);
}

/** How much of a pixel the rounded square covers. @type {(x: number, y: number) => number} */
function cover(x, y) {
  const middle = SIZE / 2;
  const dx = Math.max(0, Math.abs(x - middle) - (middle - CORNER));
  const dy = Math.max(0, Math.abs(y - middle) - (middle - CORNER));
  return Math.min(1, Math.max(0, CORNER - Math.hypot(dx, dy) + 0.5));
}

/** @type {(type: string, data: Uint8Array) => Buffer} */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

const header = Buffer.alloc(13);
header.writeUInt32BE(SIZE, 0);
header.writeUInt32BE(SIZE, 4);
const BITS_PER_CHANNEL = 8;
const TRUE_COLOUR_WITH_ALPHA = 6;
header[8] = BITS_PER_CHANNEL;
header[9] = TRUE_COLOUR_WITH_ALPHA;

// Each row starts with its filter: 0, none.
const rows = Buffer.alloc(SIZE * (1 + SIZE * 4));
for (let y = 0; y < SIZE; y++) {
  for (let x = 0; x < SIZE; x++) {
    const [red, green, blue] = colourAt(x + 0.5, y + 0.5);
    rows.set(
      [red, green, blue, 255 * cover(x + 0.5, y + 0.5)].map(Math.round),
      y * (1 + SIZE * 4) + 1 + x * 4,
    );
  }
}

writeFileSync(
  new URL('../media/icon.png', import.meta.url),
  Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]),
);

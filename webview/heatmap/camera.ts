import type { Extent } from '../../src/core/picture/curve.js';

/**
 * Where the view looks: cell (x, y) of the picture, fractions allowed, lies in the middle of the
 * view, and a cell is `scale` CSS pixels wide. All in float64: exact for any picture.
 */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** CSS pixels kept free around a fitted picture. */
const MARGIN = 12;
/** A cell is never wider than this unless a tiny picture is fitted. */
const LARGEST_CELL = 96;
/** Zoomed out, the picture never becomes smaller than this part of its fitted size. */
const SMALLEST_FIT = 0.5;
/** From here on a cell is a whole number of pixels when the picture is fitted: even grids. */
const WHOLE_PIXELS_FROM = 7;

export function fit(picture: Extent, view: Extent): Camera {
  const scale = fitScale(picture, view);
  return { x: picture.width / 2, y: picture.height / 2, scale };
}

export function fitScale(picture: Extent, view: Extent): number {
  const scale = Math.min(
    Math.max(1, view.width - 2 * MARGIN) / picture.width,
    Math.max(1, view.height - 2 * MARGIN) / picture.height,
  );
  return scale >= WHOLE_PIXELS_FROM ? Math.min(Math.floor(scale), LARGEST_CELL) : scale;
}

/** View coordinates (CSS pixels from the top left) to picture coordinates. */
export function toPicture(
  camera: Camera,
  view: Extent,
  px: number,
  py: number,
): { x: number; y: number } {
  return {
    x: camera.x + (px - view.width / 2) / camera.scale,
    y: camera.y + (py - view.height / 2) / camera.scale,
  };
}

/** Picture coordinates to view coordinates. */
export function toView(
  camera: Camera,
  view: Extent,
  x: number,
  y: number,
): { x: number; y: number } {
  return {
    x: (x - camera.x) * camera.scale + view.width / 2,
    y: (y - camera.y) * camera.scale + view.height / 2,
  };
}

/** Moves the picture by pixels, as a drag does. */
export const pan = (camera: Camera, dx: number, dy: number): Camera => ({
  ...camera,
  x: camera.x - dx / camera.scale,
  y: camera.y - dy / camera.scale,
});

/** Zooms so that what lies under the pointer stays there. */
export function zoomAt(
  camera: Camera,
  picture: Extent,
  view: Extent,
  px: number,
  py: number,
  factor: number,
): Camera {
  const scale = clampScale(camera.scale * factor, picture, view);
  const dx = px - view.width / 2;
  const dy = py - view.height / 2;
  return {
    x: camera.x + dx / camera.scale - dx / scale,
    y: camera.y + dy / camera.scale - dy / scale,
    scale,
  };
}

/**
 * The factor to the next step of a ladder on which cells are 1, 2, 4, … pixels, or 2, 4, 8, …
 * cells a pixel: the scales at which every cell is drawn equally wide.
 */
export function stepFactor(scale: number, direction: 1 | -1): number {
  const exponent = Math.log2(scale);
  const nudge = 1e-6;
  const next = direction > 0 ? Math.floor(exponent + nudge) + 1 : Math.ceil(exponent - nudge) - 1;
  return 2 ** next / scale;
}

function clampScale(scale: number, picture: Extent, view: Extent): number {
  const fitted = fitScale(picture, view);
  return Math.min(Math.max(scale, fitted * SMALLEST_FIT), Math.max(LARGEST_CELL, fitted));
}

/** Keeps the picture in reach: centred along an axis on which it fits, else covering the middle. */
export function clampCamera(camera: Camera, picture: Extent, view: Extent): Camera {
  const scale = clampScale(camera.scale, picture, view);
  return {
    x: clampAxis(camera.x, picture.width, view.width / scale),
    y: clampAxis(camera.y, picture.height, view.height / scale),
    scale,
  };
}

function clampAxis(middle: number, length: number, visible: number): number {
  if (visible >= length) return length / 2;
  const slack = visible / 4;
  return Math.min(Math.max(middle, visible / 2 - slack), length - visible / 2 + slack);
}

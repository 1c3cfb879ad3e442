import { TILE, type TileCells } from '../../src/core/picture/tile.js';
import type { Rarity } from '../../src/core/picture/rarity.js';
import type { Palette } from './palette.js';
import { fitCanvas, type Frame, type MapRenderer } from './renderer.js';
import { FRAGMENT_SHADER, VERTEX_SHADER } from './shaders.js';
import type { StoredTile } from './tiles/storedTile.js';

/** Tiles in graphics memory: 192 KiB each, and 64 more for whom wants to see how full cells are. */
const LAYERS = 160;
/** Of an instance: place of four edges, source square of three, layer, uniform glyph and mask, level. */
const FLOATS = 11;
/** Levels of a pyramid of 2^31 clusters, and of more. */
const LEVELS = 24;
/** The layer of a uniform tile, which needs none. */
const NO_LAYER = -1;

/** All that lives in one context, and dies with it. */
interface Scene {
  readonly glyphs: WebGLTexture;
  readonly masks: WebGLTexture;
  readonly palette: WebGLTexture;
  /** By level and mask: see `Rarity`. */
  readonly painted: WebGLTexture;
  readonly shares: WebGLTexture;
  readonly uniforms: Readonly<
    Record<
      'view' | 'isolatedMask' | 'isolatedDominant' | 'density' | 'holding',
      WebGLUniformLocation | null
    >
  >;
}

/** Cells go to the graphics card as they are; the palette is applied there. */
export class WebglRenderer implements MapRenderer {
  readonly canvas = document.createElement('canvas');
  readonly #gl: WebGL2RenderingContext;
  readonly #restored: () => void;
  readonly #layers = new Map<StoredTile, number>();
  readonly #instances = new Float32Array(LAYERS * FLOATS);
  #scene: Scene | undefined;
  #palette: Palette | undefined;
  #rarity: Rarity | undefined;
  #density = false;
  /** Levels whose tables have been uploaded. */
  readonly #levels = new Set<number>();

  /**
   * `restored` is called when a lost context is back and the view must be drawn again. Throws when
   * there is no WebGL2; `fast`: also when it would be emulated in software.
   */
  constructor(restored: () => void, fast: boolean) {
    const gl = this.canvas.getContext('webgl2', {
      antialias: false,
      depth: false,
      failIfMajorPerformanceCaveat: fast,
    });
    if (!gl) throw new Error('no WebGL2');
    this.#gl = gl;
    this.#restored = restored;
    this.#scene = createScene(gl);
    this.canvas.addEventListener('webglcontextlost', this.#onLost);
    this.canvas.addEventListener('webglcontextrestored', this.#onRestored);
  }

  draw(frame: Frame): void {
    const gl = this.#gl;
    const scene = this.#scene;
    if (!scene) return;
    fitCanvas(this.canvas, frame.width, frame.height);
    // Its origin is at the bottom left, and the view at the top left of the canvas.
    gl.viewport(0, this.canvas.height - frame.height, frame.width, frame.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (frame.palette !== this.#palette) this.#uploadPalette(scene, frame.palette);
    this.#uploadTables(scene, frame);
    const drawn = this.#fillInstances(scene, frame);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.#instances, 0, drawn * FLOATS);
    gl.uniform2f(scene.uniforms.view, frame.width, frame.height);
    gl.uniform1ui(scene.uniforms.isolatedMask, frame.isolation?.mask ?? 0);
    gl.uniform1ui(scene.uniforms.isolatedDominant, frame.isolation?.dominant ?? 0);
    gl.uniform1ui(scene.uniforms.density, frame.density ? 1 : 0);
    gl.uniform1ui(
      scene.uniforms.holding,
      frame.rarity.order.reduce(
        (set, value) => (frame.rarity.holds(value) ? set | (1 << value) : set),
        0,
      ),
    );
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, drawn);
  }

  isPrepared(tile: StoredTile): boolean {
    return tile.cells.type === 'uniform' || this.#layers.has(tile);
  }

  prepare(tile: StoredTile): void {
    if (this.#scene && tile.cells.type === 'mixed') this.#layer(this.#scene, tile, new Set());
  }

  /** Waits until all is drawn, to time it. */
  finish(): void {
    this.#gl.readPixels(0, 0, 1, 1, this.#gl.RGBA, this.#gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  dispose(): void {
    this.canvas.removeEventListener('webglcontextlost', this.#onLost);
    this.canvas.removeEventListener('webglcontextrestored', this.#onRestored);
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
    this.canvas.remove();
  }

  readonly #onLost = (event: Event): void => {
    event.preventDefault();
    this.#scene = undefined;
  };

  readonly #onRestored = (): void => {
    this.#layers.clear();
    this.#palette = this.#rarity = undefined;
    this.#scene = createScene(this.#gl);
    this.#restored();
  };

  #fillInstances(scene: Scene, { items }: Frame): number {
    const shown = items.slice(0, LAYERS);
    const needed = new Set(shown.map(({ tile }) => tile));
    shown.forEach(({ tile, source, left, top, right, bottom }, index) => {
      const { cells } = tile;
      const { glyph, mask } = cells.type === 'uniform' ? cells : { glyph: 0, mask: 0 };
      const layer = cells.type === 'uniform' ? NO_LAYER : this.#layer(scene, tile, needed);
      this.#instances.set(
        [
          left,
          top,
          right,
          bottom,
          source.x,
          source.y,
          source.size,
          layer,
          glyph,
          mask,
          tile.place.level,
        ],
        index * FLOATS,
      );
    });
    return shown.length;
  }

  #layer(scene: Scene, tile: StoredTile, needed: ReadonlySet<StoredTile>): number {
    const known = this.#layers.get(tile);
    if (known !== undefined) {
      this.#layers.delete(tile);
      this.#layers.set(tile, known);
      return known;
    }
    const layer = this.#layers.size < LAYERS ? this.#layers.size : this.#freeLayer(needed);
    this.#layers.set(tile, layer);
    uploadTile(this.#gl, scene, layer, tile.cells);
    return layer;
  }

  /** The layer of the tile that was drawn longest ago. */
  #freeLayer(needed: ReadonlySet<StoredTile>): number {
    for (const [tile, layer] of this.#layers) {
      if (needed.has(tile)) continue;
      this.#layers.delete(tile);
      return layer;
    }
    throw new Error('more tiles in a frame than layers');
  }

  #uploadTables(scene: Scene, { items, rarity, density }: Frame): void {
    const gl = this.#gl;
    if (this.#rarity !== rarity || this.#density !== density) this.#levels.clear();
    this.#rarity = rarity;
    this.#density = density;
    for (const level of new Set(items.map(({ tile }) => tile.place.level))) {
      if (this.#levels.has(level)) continue;
      this.#levels.add(level);
      gl.activeTexture(gl.TEXTURE3);
      gl.bindTexture(gl.TEXTURE_2D_ARRAY, scene.painted);
      gl.texSubImage3D(
        gl.TEXTURE_2D_ARRAY,
        0,
        0,
        0,
        level,
        TILE,
        TILE,
        1,
        gl.RED_INTEGER,
        gl.UNSIGNED_BYTE,
        density ? rarity.contents : rarity.table(level),
      );
    }
  }

  #uploadPalette(scene: Scene, palette: Palette): void {
    const gl = this.#gl;
    this.#palette = palette;
    const rows = new Uint32Array([...palette.colours, ...palette.dimmed]);
    gl.activeTexture(gl.TEXTURE2);
    gl.bindTexture(gl.TEXTURE_2D, scene.palette);
    gl.texSubImage2D(
      gl.TEXTURE_2D,
      0,
      0,
      0,
      32,
      2,
      gl.RGBA,
      gl.UNSIGNED_BYTE,
      new Uint8Array(rows.buffer),
    );
  }
}

function uploadTile(
  gl: WebGL2RenderingContext,
  scene: Scene,
  layer: number,
  cells: TileCells,
): void {
  if (cells.type === 'uniform') return;
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, scene.glyphs);
  gl.texSubImage3D(
    gl.TEXTURE_2D_ARRAY,
    0,
    0,
    0,
    layer,
    TILE,
    TILE,
    1,
    gl.RED_INTEGER,
    gl.UNSIGNED_BYTE,
    cells.glyphs,
  );
  gl.activeTexture(gl.TEXTURE1);
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, scene.masks);
  gl.texSubImage3D(
    gl.TEXTURE_2D_ARRAY,
    0,
    0,
    0,
    layer,
    TILE,
    TILE,
    1,
    gl.RED_INTEGER,
    gl.UNSIGNED_SHORT,
    cells.masks,
  );
  if (!cells.shares) return;
  gl.activeTexture(gl.TEXTURE4);
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, scene.shares);
  gl.texSubImage3D(
    gl.TEXTURE_2D_ARRAY,
    0,
    0,
    0,
    layer,
    TILE,
    TILE,
    1,
    gl.RED_INTEGER,
    gl.UNSIGNED_BYTE,
    cells.shares,
  );
}

function createScene(gl: WebGL2RenderingContext): Scene {
  const program = createProgram(gl);
  gl.useProgram(program);
  gl.bindVertexArray(gl.createVertexArray());
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, LAYERS * FLOATS * 4, gl.DYNAMIC_DRAW);
  const attributes: readonly (readonly [name: string, size: number, from: number])[] = [
    ['place', 4, 0],
    ['source', 3, 4],
    ['cell', 4, 7],
  ];
  for (const [name, size, from] of attributes) {
    const location = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, size, gl.FLOAT, false, FLOATS * 4, from * 4);
    gl.vertexAttribDivisor(location, 1);
  }
  ['glyphs', 'masks', 'palette', 'painted', 'shares'].forEach((name, unit) => {
    gl.uniform1i(gl.getUniformLocation(program, name), unit);
  });
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  return {
    glyphs: createTexture(gl, 0, gl.TEXTURE_2D_ARRAY, () => {
      gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.R8UI, TILE, TILE, LAYERS);
    }),
    masks: createTexture(gl, 1, gl.TEXTURE_2D_ARRAY, () => {
      gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.R16UI, TILE, TILE, LAYERS);
    }),
    palette: createTexture(gl, 2, gl.TEXTURE_2D, () => {
      gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, 32, 2);
    }),
    painted: createTexture(gl, 3, gl.TEXTURE_2D_ARRAY, () => {
      gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.R8UI, TILE, TILE, LEVELS);
    }),
    shares: createTexture(gl, 4, gl.TEXTURE_2D_ARRAY, () => {
      gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.R8UI, TILE, TILE, LAYERS);
    }),
    uniforms: {
      density: gl.getUniformLocation(program, 'density'),
      holding: gl.getUniformLocation(program, 'holding'),
      view: gl.getUniformLocation(program, 'view'),
      isolatedMask: gl.getUniformLocation(program, 'isolatedMask'),
      isolatedDominant: gl.getUniformLocation(program, 'isolatedDominant'),
    },
  };
}

function createTexture(
  gl: WebGL2RenderingContext,
  unit: number,
  target: number,
  allocate: () => void,
): WebGLTexture {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(target, texture);
  gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  allocate();
  return texture;
}

function createProgram(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX_SHADER],
    [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error('the graphics context is lost');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
    throw new Error(`the map's shaders do not link: ${gl.getProgramInfoLog(program) ?? ''}`);
  }
  return program;
}

import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import type { CacheOptions } from '../../../src/core/simulate/copy/cacheOptions.js';
import type { ImageEvent } from '../../../src/protocol/imageService.js';
import { answer, type AnswerReply, type Request } from '../../../src/protocol/rpc.js';
import type {
  FromWebview,
  HeatmapSettings,
  ToWebview,
} from '../../../src/protocol/webviewMessages.js';
import { themeLook, type Theme } from './themes.js';
import type { Answers, ImageService, Method } from '../../../src/protocol/questions.js';
import type { OverlapOptions } from '../../../src/protocol/shapes.js';

/** An image as the host has it, with all it has said of it so far. */
export interface HostedImage {
  readonly service: ImageService;
  /** Answers in the place of the service's own. */
  readonly replaced?: Partial<Answers<Method>>;
  readonly events: readonly ImageEvent[];
  /** Does what has been asked for and takes time. */
  readonly work?: () => void;
}

export interface PageOptions {
  readonly image: HostedImage;
  readonly theme: Theme;
  readonly settings: HeatmapSettings;
  readonly width: number;
  readonly height: number;
  readonly overlap?: OverlapOptions;
  readonly caches?: CacheOptions;
  /** Off unless it is said. */
  readonly discardNoUnref?: boolean;
  /** What VS Code kept of this editor. */
  readonly state?: object;
}

/** In bytes but for the count. */
interface Traffic {
  tiles: number;
  bytes: number;
  largest: number;
}

/** The editor's webview in a browser, with a host that answers in this process. */
export interface EditorPage {
  readonly page: Page;
  /** What the webview has said, questions apart. */
  readonly said: readonly FromWebview[];
  /** What went wrong in the page. */
  readonly errors: readonly string[];
  /** What has gone over the wire for tiles that are not uniform, so far. */
  readonly traffic: Readonly<Traffic>;
  post(message: ToWebview): Promise<void>;
  setTheme(theme: Theme): Promise<void>;
}

/** Bytes do not survive JSON: they cross into the page as base64. */
type OnTheWire =
  | ToWebview
  | {
      readonly type: 'bytes';
      readonly id: number;
      readonly generation: number;
      readonly base64: string;
    };

export async function openEditor(browser: Browser, options: PageOptions): Promise<EditorPage> {
  const { image, theme, settings, width, height, state } = options;
  const page = await browser.newPage({ viewport: { width, height } });
  // For what never comes: a machine that others use is slow at times.
  page.setDefaultTimeout(120_000);
  const said: FromWebview[] = [];
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  const traffic: Traffic = { tiles: 0, bytes: 0, largest: 0 };
  const deliver = (message: OnTheWire): Promise<void> => {
    if (message.type === 'bytes') count(traffic, (message.base64.length * 3) / 4);
    return page.evaluate(deliverInPage, message);
  };
  await page.exposeFunction('postToHost', async (message: FromWebview) => {
    if (message.type === 'request') {
      await deliver(await replyTo(image, message));
      image.work?.();
      return;
    }
    said.push(message);
    if (message.type !== 'ready') return;
    await deliver({ type: 'settings', settings });
    if (options.overlap) await deliver({ type: 'overlapOptions', options: options.overlap });
    if (options.caches) await deliver({ type: 'cacheOptions', options: options.caches });
    await deliver({ type: 'discardNoUnref', discardNoUnref: options.discardNoUnref ?? false });
    for (const event of image.events) await deliver({ type: 'event', event });
  });
  await page.setContent(
    '<!doctype html><html lang="en"><head><title>Qcow2 Lens</title></head><body><div id="root"></div></body></html>',
  );
  const setTheme = (next: Theme): Promise<void> => page.evaluate(applyTheme, themeLook(next));
  await setTheme(theme);
  await page.evaluate(countPending);
  await page.evaluate(installApi, state);
  const { script, style } = await bundle();
  await page.addStyleTag({ content: style });
  await page.addScriptTag({ content: script, type: 'module' });
  return { page, said, errors, traffic, post: deliver, setTheme };
}

function count(traffic: Traffic, bytes: number): void {
  traffic.tiles++;
  traffic.bytes += bytes;
  traffic.largest = Math.max(traffic.largest, bytes);
}

/**
 * Waits until the page has nothing left to do: every question is answered, every tile inflated,
 * every frame drawn, every timer run out but for those that take something away from a reader; and
 * until two frames later that is still so: sizes are observed only as frames are drawn.
 */
export async function settled({ page }: EditorPage): Promise<void> {
  do {
    await page.waitForFunction(isQuiet);
    await page.evaluate(twoFrames);
  } while (!(await page.evaluate(isQuiet)));
}

/** The webview as it ships. */
let bundled: Promise<{ readonly script: string; readonly style: string }> | undefined;

function bundle(): Promise<{ readonly script: string; readonly style: string }> {
  bundled ??= build({
    entryPoints: ['webview/main.tsx', 'webview/frame/panes.css'],
    tsconfig: 'webview/tsconfig.json',
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    outdir: 'out',
    loader: { '.ttf': 'dataurl' },
  }).then(({ outputFiles }) => ({
    script: outputFiles.find(({ path }) => path.endsWith('.js'))?.text ?? '',
    style: outputFiles
      .flatMap(({ path, text }) => (path.endsWith('.css') ? [text] : []))
      .join('\n'),
  }));
  return bundled;
}

type Ask = Extract<FromWebview, { type: 'request' }>;

async function answered<M extends Method>(
  { service, replaced = {} }: HostedImage,
  request: Request<M>,
): Promise<AnswerReply<M>> {
  const { id, method } = request;
  const own = replaced[method];
  if (!own) return answer(service, request);
  return { type: 'reply', id, ok: true, method, value: own(request.query) };
}

async function replyTo(image: HostedImage, { request }: Ask): Promise<OnTheWire> {
  const { id } = request;
  try {
    const reply = await answered(image, request);
    if (reply.method !== 'tile' || reply.value.cells.type === 'uniform') return reply;
    const { cells, generation } = reply.value;
    return { type: 'bytes', id, generation, base64: Buffer.from(cells.bytes).toString('base64') };
  } catch (error) {
    return { type: 'reply', id, ok: false, error: String(error) };
  }
}

// What follows runs in the page.

declare global {
  interface Window {
    asked: number;
    answered: number;
    /** Frames, timers and tiles being inflated that the page waits for. */
    pending: number;
    kept: object | undefined;
    postToHost(message: FromWebview): Promise<void>;
    acquireVsCodeApi(): object;
  }
}

function installApi(state: object | undefined): void {
  window.asked = 0;
  window.answered = 0;
  window.kept = state;
  window.acquireVsCodeApi = () => ({
    postMessage: (message: FromWebview) => {
      if (message.type === 'request') window.asked++;
      void window.postToHost(message);
    },
    getState: () => window.kept,
    setState: (kept: object) => {
      window.kept = kept;
    },
  });
}

const isQuiet = (): boolean =>
  window.asked > 0 && window.asked === window.answered && window.pending === 0;

const twoFrames = (): Promise<void> =>
  new Promise((resolve) => {
    requestAnimationFrame(() => {
      requestAnimationFrame(() => {
        resolve();
      });
    });
  });

function deliverInPage(message: OnTheWire): void {
  if (message.type === 'bytes') {
    const { id, generation, base64 } = message;
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const value = { generation, cells: { type: 'deflated', bytes } };
    window.dispatchEvent(
      new MessageEvent('message', { data: { type: 'reply', id, ok: true, method: 'tile', value } }),
    );
  } else {
    window.dispatchEvent(new MessageEvent('message', { data: message }));
  }
  if (message.type === 'bytes' || message.type === 'reply') window.answered++;
}

/** Counts in `window.pending` what has been begun and has not ended. */
function countPending(): void {
  /** Milliseconds; a note is shown for longer. */
  const LONG = 1000;
  window.pending = 0;
  const frames = new Set<number>();
  /** Numbers, though Node's types of the same names say otherwise. */
  const timers = new Set<unknown>();
  const begins = <T>(set: Set<T>, id: T): T => {
    set.add(id);
    window.pending++;
    return id;
  };
  const ends = <T>(set: Set<T>, id: T): void => {
    if (set.delete(id)) window.pending--;
  };

  const requestFrame = window.requestAnimationFrame.bind(window);
  const cancelFrame = window.cancelAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => {
    const id = requestFrame((now) => {
      ends(frames, id);
      draw(now);
    });
    return begins(frames, id);
  };
  window.cancelAnimationFrame = (id) => {
    cancelFrame(id);
    ends(frames, id);
  };

  window.setTimeout = new Proxy(window.setTimeout.bind(window), {
    apply: (setTimer, _, [act, delay = 0, ...rest]: [(...rest: unknown[]) => void, number?]) => {
      const run = (): void => {
        ends(timers, id);
        act(...rest);
      };
      const id: unknown = Reflect.apply(setTimer, window, [run, delay]);
      return delay < LONG ? begins(timers, id) : id;
    },
  });
  window.clearTimeout = new Proxy(window.clearTimeout.bind(window), {
    apply: (clearTimer, _, [id]: [unknown]) => {
      Reflect.apply(clearTimer, window, [id]);
      ends(timers, id);
    },
  });

  window.Response = class extends Response {
    override async arrayBuffer(): Promise<ArrayBuffer> {
      window.pending++;
      try {
        return await super.arrayBuffer();
      } finally {
        window.pending--;
      }
    }
  };
}

function applyTheme({
  variables,
  bodyClass,
}: {
  variables: Readonly<Record<string, string>>;
  bodyClass: string;
}): void {
  const { style } = document.documentElement;
  style.cssText = '';
  for (const [name, value] of Object.entries(variables)) style.setProperty(name, value);
  document.body.className = bodyClass;
}

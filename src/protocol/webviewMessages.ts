import type { Curve, ImageEvent } from './imageService.js';
import type { Reply, Request } from './rpc.js';

export type Renderer = 'auto' | 'canvas' | 'webgl';

export interface HeatmapSettings {
  readonly curve: Curve;
  readonly renderer: Renderer;
}

/** Webview → host. */
export type FromWebview =
  /** Sent once the webview listens; the host answers with the state as it is now. */
  | { readonly type: 'ready' }
  | { readonly type: 'request'; readonly request: Request }
  | { readonly type: 'cancelScan' }
  | { readonly type: 'reload' }
  /** Write a setting to the user's configuration. */
  | { readonly type: 'setCurve'; readonly curve: Curve }
  /** The cluster the user selected; undefined when none is. */
  | { readonly type: 'selected'; readonly cluster: number | undefined }
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'openHex'; readonly offset: number };

/** Host → webview. */
export type ToWebview =
  | Reply
  | { readonly type: 'event'; readonly event: ImageEvent }
  | { readonly type: 'settings'; readonly settings: HeatmapSettings }
  | { readonly type: 'reveal'; readonly cluster: number }
  | { readonly type: 'command'; readonly command: ViewCommand }
  | { readonly type: 'changedOnDisk' };

/** Commands of the palette and its keys that the view carries out. */
export type ViewCommand = 'zoomIn' | 'zoomOut' | 'fit' | 'clearIsolation';

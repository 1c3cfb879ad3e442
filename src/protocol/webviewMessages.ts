import type { ChainAnswer } from './chain.js';
import type { CacheOptions } from '../core/simulate/copy/cacheOptions.js';
import type { Shell } from '../core/shell.js';
import type { SearchTarget } from '../core/inspect/search.js';
import type { ImageEvent } from './imageService.js';
import type { Layer } from '../core/picture/layer.js';
import type { Reply, Request } from './rpc.js';
import type { CurveName } from '../core/picture/curve.js';
import type { OverlapOptions } from './shapes.js';
import type { GuestCluster, HostCluster, HostOffset } from '../core/units.js';

export type Renderer = 'auto' | 'canvas' | 'webgl';

export interface HeatmapSettings {
  readonly curve: CurveName;
  readonly renderer: Renderer;
}

/** Webview → host. */
export type FromWebview<R = Request> =
  /** Sent once the webview listens; the host answers with the state as it is now. */
  | { readonly type: 'ready' }
  | { readonly type: 'request'; readonly request: R }
  | { readonly type: 'cancelScan' }
  | { readonly type: 'reload' }
  /** Write a setting to the user's configuration. */
  | { readonly type: 'setCurve'; readonly curve: CurveName }
  | { readonly type: 'setOverlap'; readonly options: OverlapOptions }
  | { readonly type: 'setCaches'; readonly options: CacheOptions }
  | { readonly type: 'setDiscardNoUnref'; readonly discardNoUnref: boolean }
  /** The cluster the user selected, undefined when none is; with the guest cluster that was picked. */
  | {
      readonly type: 'selected';
      readonly cluster: HostCluster | undefined;
      readonly guest: GuestCluster | undefined;
    }
  /** Whether there are places to go back and forward to. */
  | { readonly type: 'history'; readonly back: boolean; readonly forward: boolean }
  | { readonly type: 'copy'; readonly text: string }
  /** A picture or a report for the user to keep: the host asks where. */
  | { readonly type: 'saveFile'; readonly format: FileFormat; readonly bytes: Uint8Array }
  /** Ask for a workload's file, and show what it does to the caches. */
  | ({ readonly type: 'loadWorkload' } & LoadWorkload)
  | { readonly type: 'openHex'; readonly offset: HostOffset }
  /**
   * Show the image as if its header said what is assumed, in words of parseAssumedHeader; without: look
   * for tables that nothing points to, and ask which of them the header is to name.
   */
  | { readonly type: 'openAsIf'; readonly assumed?: string | undefined }
  | { readonly type: 'openBackingFile' }
  /** Read the backing chain: the host asks before it opens a file of a folder that nobody has allowed. */
  | { readonly type: 'readChain' }
  /** Open a layer of the chain that was read, by its depth, in an editor of its own. */
  | { readonly type: 'openLayer'; readonly depth: number };

/** Which file, and what it is to be. */
export interface LoadWorkload {
  /** Beside the present one, to be compared. */
  readonly isSecond?: boolean | undefined;
  /** One that was dropped: the user is only asked whether it is to be read. */
  readonly uri?: string | undefined;
}

/** Host → webview. */
export type ToWebview =
  | Reply
  | { readonly type: 'event'; readonly event: ImageEvent }
  | { readonly type: 'settings'; readonly settings: HeatmapSettings }
  /** What copied commands are quoted for. */
  | { readonly type: 'shell'; readonly shell: Shell }
  | { readonly type: 'overlapOptions'; readonly options: OverlapOptions }
  | { readonly type: 'cacheOptions'; readonly options: CacheOptions }
  | { readonly type: 'discardNoUnref'; readonly discardNoUnref: boolean }
  | { readonly type: 'reveal'; readonly cluster: HostCluster }
  /** Show a cluster for the time being; undefined: go back to where one was. */
  | { readonly type: 'preview'; readonly cluster: HostCluster | undefined }
  | { readonly type: 'search'; readonly search: SearchRequest }
  | { readonly type: 'command'; readonly command: ViewCommand }
  | { readonly type: 'showLayer'; readonly layer: Layer }
  /** The user has chosen this file: only such ones are read. */
  | { readonly type: 'workload'; readonly file: string; readonly isSecond?: boolean | undefined }
  /** What the user has let be read of the backing chain; undefined: nothing yet. */
  | { readonly type: 'chain'; readonly chain: ChainAnswer | undefined };

export type PictureFormat = 'png' | 'svg';
/** Of a report, too. */
export const FILE_FORMATS = ['png', 'svg', 'md', 'json'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

export interface SearchRequest {
  /** Undefined: what was looked for last. */
  readonly target: SearchTarget | 'selected-kind' | undefined;
  readonly direction: 1 | -1;
}

/** Commands of the palette and its keys that the view carries out. */
export type ViewCommand =
  | MapCommand
  | 'clearIsolation'
  | 'toggleWindows'
  | 'showKeys'
  | 'showHost'
  | 'showGuest'
  | 'showBeside'
  | NavigationCommand;

/** Those that the map carries out. */
export type MapCommand = 'zoomIn' | 'zoomOut' | 'fit';

export type NavigationCommand =
  | 'goBack'
  | 'goForward'
  | 'showMapped'
  | 'showRanges'
  | 'showFindings'
  | 'copyPicture'
  | 'savePng'
  | 'saveSvg';

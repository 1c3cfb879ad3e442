import type { Signal } from '@preact/signals';
import type {
  HeatmapSettings,
  FileFormat,
  LoadWorkload,
} from '../../src/protocol/webviewMessages.js';
import type { CacheOptions } from '../../src/core/simulate/copy/cacheOptions.js';
import type { OverlapOptions } from '../../src/protocol/shapes.js';
import type { Host } from './host.js';
import type { OverlapState } from './overlapState.js';
import type { SimulationState } from './simulationState.js';
import type { GuestCluster, HostCluster, HostOffset } from '../../src/core/units.js';

/** What changes here as something is asked of the host. */
interface Surroundings {
  readonly settings: Signal<HeatmapSettings | undefined>;
  readonly overlap: OverlapState;
  readonly simulation: SimulationState;
}

/** What the webview asks the extension host to do, and has no answer to wait for. */
export class HostActions {
  readonly #surroundings: Surroundings;
  readonly #host: Host;

  constructor(surroundings: Surroundings, host: Host) {
    this.#surroundings = surroundings;
    this.#host = host;
  }

  /** The status bar and the commands go by what is selected. */
  tellSelected(cluster: HostCluster | undefined, guest: GuestCluster | undefined): void {
    this.#host.post({ type: 'selected', cluster, guest });
  }

  setCurve(curve: HeatmapSettings['curve']): void {
    const settings = this.#surroundings.settings.value;
    if (settings) this.#surroundings.settings.value = { ...settings, curve };
    this.#host.post({ type: 'setCurve', curve });
  }

  /** Shows the structures under other settings at once, and has them written to VS Code's. */
  setOverlap(changes: Partial<OverlapOptions>): void {
    const { overlap } = this.#surroundings;
    const before = overlap.options.value;
    if (!before) return;
    const options = { ...before, ...changes };
    overlap.setOptions(options);
    this.#host.post({ type: 'setOverlap', options });
  }

  /** Simulates with other caches at once, and has their sizes written to VS Code's settings. */
  setCaches(changes: Partial<CacheOptions>): void {
    const { caches } = this.#surroundings.simulation;
    const before = caches.value;
    if (!before) return;
    const options = { ...before, ...changes };
    caches.value = options;
    this.#host.post({ type: 'setCaches', options });
  }

  /** Simulates with the option at once, and has it written to VS Code's settings. */
  setDiscardNoUnref(discardNoUnref: boolean): void {
    this.#surroundings.simulation.discardNoUnref.value = discardNoUnref;
    this.#host.post({ type: 'setDiscardNoUnref', discardNoUnref });
  }

  copy(text: string): void {
    this.#host.post({ type: 'copy', text });
  }

  saveFile(format: FileFormat, bytes: Uint8Array): void {
    this.#host.post({ type: 'saveFile', format, bytes });
  }

  /** Asks the user for a workload's file, which then comes as a message. */
  loadWorkload(which: LoadWorkload): void {
    this.#host.post({ type: 'loadWorkload', ...which });
  }

  openHex(offset: HostOffset): void {
    this.#host.post({ type: 'openHex', offset });
  }

  /** Shows the image as if its header said so; without, the user is asked. */
  openAsIf(assumed?: string): void {
    this.#host.post({ type: 'openAsIf', assumed });
  }

  openBackingFile(): void {
    this.#host.post({ type: 'openBackingFile' });
  }

  /** Asks the user, and reads it. */
  readChain(): void {
    this.#host.post({ type: 'readChain' });
  }

  openLayer(depth: number): void {
    this.#host.post({ type: 'openLayer', depth });
  }

  cancelScan(): void {
    this.#host.post({ type: 'cancelScan' });
  }

  /** Reads the file anew, from its header on. */
  reload(): void {
    this.#host.post({ type: 'reload' });
  }
}

import type { Signal } from '@preact/signals';
import type { HeatmapSettings, PictureFormat } from '../../src/protocol/webviewMessages.js';
import type { Host } from './host.js';
import type { GuestCluster, HostCluster, HostOffset } from '../../src/core/units.js';

/** What changes here as something is asked of the host. */
interface Surroundings {
  readonly settings: Signal<HeatmapSettings | undefined>;
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

  copy(text: string): void {
    this.#host.post({ type: 'copy', text });
  }

  saveFile(format: PictureFormat, bytes: Uint8Array): void {
    this.#host.post({ type: 'saveFile', format, bytes });
  }

  openHex(offset: HostOffset): void {
    this.#host.post({ type: 'openHex', offset });
  }

  /** Asks the user, and opens it. */
  openAsIf(): void {
    this.#host.post({ type: 'openAsIf' });
  }

  openBackingFile(): void {
    this.#host.post({ type: 'openBackingFile' });
  }

  cancelScan(): void {
    this.#host.post({ type: 'cancelScan' });
  }

  /** Reads the file anew, from its header on. */
  reload(): void {
    this.#host.post({ type: 'reload' });
  }
}

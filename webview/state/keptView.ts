import { effect } from '@preact/signals';
import type { Host } from './host.js';
import type { Store } from './store.js';
import { FRESH, type ViewState } from './viewState.js';

/** Keeps with the host, from now on, what survives when the editor is hidden. */
export function keepView(store: Store, host: Host): void {
  effect(() => {
    const state: ViewState = {
      version: FRESH.version,
      camera: store.camera.value,
      picture: store.pictures.chosen.value,
      selected: store.selection.selected.value,
      guest: store.selection.guestToKeep,
      history: store.navigation.history.value,
      pane: store.pane.value,
      simulation: store.simulation.kept.value,
      windows: store.overlap.areWindowsShown.value,
      density: store.density.value,
      beside: store.beside.value,
      lab: store.lab.value,
    };
    host.keepState(state);
  });
}

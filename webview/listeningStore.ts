import { batch } from '@preact/signals';
import type { ImageEvent } from '../src/protocol/imageService.js';
import type { ToWebview, ViewCommand } from '../src/protocol/webviewMessages.js';
import type { Host } from './state/host.js';
import { keepView } from './state/keptView.js';
import { Store, UNTOUCHED } from './state/store.js';

/** A store that knows what the host says, from now on. */
export function listeningStore(host: Host): Store {
  const store = new Store(host);
  keepView(store, host);
  host.listen((message) => {
    batch(() => {
      receive(store, message);
    });
  });
  store.begin();
  return store;
}

function receive(store: Store, message: ToWebview): void {
  switch (message.type) {
    case 'reply':
      store.rpc.receive(message);
      break;
    case 'event':
      follow(store, message.event);
      break;
    case 'settings':
      store.settings.value = message.settings;
      break;
    case 'shell':
      store.shell.value = message.shell;
      break;
    case 'overlapOptions':
      store.overlap.setOptions(message.options);
      break;
    case 'cacheOptions':
      store.simulation.caches.value = message.options;
      break;
    case 'discardNoUnref':
      store.simulation.discardNoUnref.value = message.discardNoUnref;
      break;
    case 'reveal':
      store.selection.reveal(message.cluster);
      break;
    case 'preview':
      store.map?.preview(message.cluster);
      break;
    case 'search':
      store.navigation.search(message.search);
      break;
    case 'command':
      run(store, message.command);
      break;
    case 'workload':
      store.workloadFile.value = message;
      store.showTab('caches');
      break;
    case 'chain':
      store.chain.value = message.chain;
      break;
    case 'showLayer':
      store.pictures.choose({ layer: message.layer });
      break;
  }
}

/** A command of VS Code's. */
function run(store: Store, command: ViewCommand): void {
  switch (command) {
    case 'clearIsolation':
      store.isolated.value = undefined;
      break;
    case 'showKeys':
      store.isKeySheetOpen.value = true;
      break;
    case 'toggleWindows':
      store.windows.toggle();
      break;
    case 'zoomIn':
    case 'zoomOut':
    case 'fit':
      store.usedSide.value.map?.run(command);
      break;
    case 'copyPicture':
    case 'savePng':
    case 'saveSvg':
      void import('./export/takePicture.js').then(({ takePicture }) => takePicture(store, command));
      break;
    case 'showHost':
      store.look('host');
      break;
    case 'showGuest':
      store.look('guest');
      break;
    case 'showBeside':
      store.look('beside');
      break;
    default:
      store.navigation.run(command);
  }
}

/** Something has become known of the image, or of the file. */
function follow(store: Store, event: ImageEvent): void {
  switch (event.type) {
    case 'facts':
      store.facts.value = event.facts;
      store.mapped.reset();
      store.pictures.reset(event.facts.geometry !== undefined);
      store.overlap.reset();
      store.simulation.reset();
      store.sweep.reset();
      store.selectRange(undefined);
      store.links.reset();
      store.failure.value = undefined;
      store.file.value = UNTOUCHED;
      store.generation.value = 0;
      store.scan.value = { state: 'scanning', phase: '', done: 0 };
      store.selection.dropSelectionOutside();
      break;
    case 'progress':
      store.generation.value = event.generation;
      store.scan.value = { state: 'scanning', phase: event.phase, done: event.done };
      break;
    case 'scanned':
      store.generation.value = event.generation;
      store.scan.value = { state: 'scanned', summary: event.summary };
      store.mapped.reset();
      store.overlap.ready.value = true;
      store.pictures.stage.value = 'scanned';
      store.range.refresh();
      store.links.reset();
      store.selection.refreshDetail();
      break;
    case 'cancelled':
      store.generation.value = event.generation;
      store.scan.value = { state: 'cancelled' };
      store.pictures.refresh();
      store.selection.refreshDetail();
      break;
    case 'file':
      store.file.value = event;
      break;
    case 'operations':
      store.simulation.follow(event.operations);
      break;
    case 'failed':
      store.failure.value = event.message;
      break;
  }
}

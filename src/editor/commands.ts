import * as vscode from 'vscode';
import { chooseLayer } from './chooseLayer.js';
import { compare } from './compare.js';
import {
  copyGuestOffset,
  copyHostOffset,
  copyJson,
  copyOwners,
  copyReadCommand,
} from './copyCommands.js';
import { copyOptions, pasteOptions } from './diskOptions.js';
import { exportDamage } from './exportDamage.js';
import { find, search } from './find.js';
import { goTo } from './goTo.js';
import { openHexEditor } from './hexEditor.js';
import { openAsIf } from './openAsIf.js';
import type { ViewCommand } from '../protocol/webviewMessages.js';
import type { ImagePanel } from './panel.js';
import type { Panels } from './panels.js';
import { VIEW_TYPE } from './viewType.js';
import { heatmapSettings, writeCurve } from './settings.js';
import { hostOffset, type HostOffset, offsetOf } from '../core/units.js';

/** Registers every command of the manifest; all but one act on the active panel. */
export function registerCommands(panels: Panels): vscode.Disposable {
  const view =
    (command: ViewCommand) =>
    (panel: ImagePanel): void => {
      panel.command(command);
    };
  const onPanel: Readonly<Record<string, (panel: ImagePanel, argument: unknown) => unknown>> = {
    'qcow2.goTo': goTo,
    'qcow2.find': find,
    'qcow2.findNext': search(undefined, 1),
    'qcow2.findPrevious': search(undefined, -1),
    'qcow2.nextOfKind': search('selected-kind', 1),
    'qcow2.previousOfKind': search('selected-kind', -1),
    'qcow2.nextOverlap': search({ type: 'claimed-twice' }, 1),
    'qcow2.previousOverlap': search({ type: 'claimed-twice' }, -1),
    'qcow2.nextCorruption': search({ type: 'corruption' }, 1),
    'qcow2.previousCorruption': search({ type: 'corruption' }, -1),
    'qcow2.nextLeak': search({ type: 'leak' }, 1),
    'qcow2.previousLeak': search({ type: 'leak' }, -1),
    'qcow2.showMapped': view('showMapped'),
    'qcow2.showRanges': view('showRanges'),
    'qcow2.goBack': view('goBack'),
    'qcow2.goForward': view('goForward'),
    'qcow2.zoomIn': view('zoomIn'),
    'qcow2.zoomOut': view('zoomOut'),
    'qcow2.fit': view('fit'),
    'qcow2.clearIsolation': view('clearIsolation'),
    'qcow2.showKeys': view('showKeys'),
    'qcow2.toggleWindows': view('toggleWindows'),
    'qcow2.toggleCurve': () =>
      writeCurve(heatmapSettings().curve === 'hilbert' ? 'rows' : 'hilbert'),
    'qcow2.showHost': view('showHost'),
    'qcow2.showGuest': view('showGuest'),
    'qcow2.showBeside': view('showBeside'),
    'qcow2.chooseLayer': chooseLayer,
    'qcow2.cancelScan': (panel) => {
      panel.document.cancelScan();
    },
    'qcow2.reload': (panel) => {
      panel.document.reload();
    },
    'qcow2.openAsIf': (panel) => openAsIf(panel.document),
    'qcow2.loadWorkload': (panel) => panel.loadWorkload(),
    'qcow2.pasteOptions': pasteOptions,
    'qcow2.copyOptions': copyOptions,
    'qcow2.compare': (panel) => compare(panel.document, panels.documents),
    'qcow2.exportDamage': (panel) => exportDamage(panel.document),
    'qcow2.openHex': (panel) =>
      openHexEditor(panel.document.uri, selectedOffset(panel) ?? hostOffset(0)),
    'qcow2.copyHostOffset': copyHostOffset,
    'qcow2.copyGuestOffset': copyGuestOffset,
    'qcow2.copyOwners': copyOwners,
    'qcow2.copyReadCommand': copyReadCommand,
    'qcow2.copyJson': copyJson,
    'qcow2.copyPicture': view('copyPicture'),
    'qcow2.savePng': view('savePng'),
    'qcow2.saveSvg': view('saveSvg'),
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('qcow2.openImage', openImage),
    ...Object.entries(onPanel).map(([id, run]) =>
      vscode.commands.registerCommand(id, (argument: unknown) => {
        const panel = panels.active;
        return panel && run(panel, argument);
      }),
    ),
  );
}

/** From the explorer with the file clicked, from the palette with none: then the user chooses one. */
async function openImage(clicked: unknown): Promise<void> {
  const uri = clicked instanceof vscode.Uri ? clicked : await chooseFile();
  if (uri) await vscode.commands.executeCommand('vscode.openWith', uri, VIEW_TYPE);
}

async function chooseFile(): Promise<vscode.Uri | undefined> {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Open as QCOW2'),
    openLabel: vscode.l10n.t('Open'),
    // Most likely the file that VS Code has just shown as text, or refused to.
    ...(input instanceof vscode.TabInputText ? { defaultUri: input.uri } : {}),
  });
  return chosen?.[0];
}

function selectedOffset(panel: ImagePanel): HostOffset | undefined {
  const geometry = panel.document.facts?.geometry;
  if (!geometry || panel.selected === undefined) return undefined;
  return offsetOf(panel.selected, { clusterSize: 2 ** geometry.clusterBits });
}

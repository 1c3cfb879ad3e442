import * as vscode from 'vscode';
import { chooseLayer } from './chooseLayer.js';
import { goTo } from './goTo.js';
import { openHexEditor } from './hexEditor.js';
import type { ImagePanel } from './panel.js';
import type { Panels } from './panels.js';
import { VIEW_TYPE } from './provider.js';
import { heatmapSettings, writeCurve } from './settings.js';
import { hostOffset } from './statusBar.js';

/** Registers every command of the manifest; all but one act on the active panel. */
export function registerCommands(panels: Panels): vscode.Disposable {
  const onPanel: Readonly<Record<string, (panel: ImagePanel) => unknown>> = {
    'qcow2.goTo': goTo,
    'qcow2.zoomIn': (panel) => {
      panel.command('zoomIn');
    },
    'qcow2.zoomOut': (panel) => {
      panel.command('zoomOut');
    },
    'qcow2.fit': (panel) => {
      panel.command('fit');
    },
    'qcow2.clearIsolation': (panel) => {
      panel.command('clearIsolation');
    },
    'qcow2.toggleWindows': (panel) => {
      panel.command('toggleWindows');
    },
    'qcow2.toggleCurve': () =>
      writeCurve(heatmapSettings().curve === 'hilbert' ? 'rows' : 'hilbert'),
    'qcow2.showHost': (panel) => {
      panel.command('showHost');
    },
    'qcow2.showGuest': (panel) => {
      panel.command('showGuest');
    },
    'qcow2.chooseLayer': chooseLayer,
    'qcow2.cancelScan': (panel) => {
      panel.document.cancelScan();
    },
    'qcow2.reload': (panel) => {
      panel.document.reload();
    },
    'qcow2.openHex': (panel) => openHexEditor(panel.document.uri, selectedOffset(panel) ?? 0),
    'qcow2.copyHostOffset': (panel) => copyHostOffset(panel),
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('qcow2.openImage', openImage),
    ...Object.entries(onPanel).map(([id, run]) =>
      vscode.commands.registerCommand(id, () => {
        const panel = panels.active;
        return panel && run(panel);
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

function selectedOffset(panel: ImagePanel): number | undefined {
  const geometry = panel.document.facts?.geometry;
  if (!geometry || panel.selected === undefined) return undefined;
  return panel.selected * 2 ** geometry.clusterBits;
}

async function copyHostOffset(panel: ImagePanel): Promise<void> {
  const geometry = panel.document.facts?.geometry;
  if (!geometry || panel.selected === undefined) return;
  await vscode.env.clipboard.writeText(hostOffset(panel.selected, geometry.clusterBits));
}

import * as vscode from 'vscode';
import type { Panels } from './panels.js';
import { hex } from '../core/bytes.js';
import { type GuestCluster, type HostCluster, offsetOf } from '../core/units.js';
import { countText } from '../core/numbers.js';

/**
 * What VS Code shows of the active panel outside of it: the status bar item with the selected
 * cluster, and the context keys that the commands' enablement goes by.
 */
export function followActivePanel(panels: Panels): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    'qcow2.place',
    vscode.StatusBarAlignment.Right,
    100,
  );
  item.name = vscode.l10n.t('Qcow2 Cluster');
  item.command = 'qcow2.goTo';
  item.tooltip = vscode.l10n.t('Go to Place');
  const keys = new Map<string, boolean>();
  const setKey = (key: string, value: boolean): void => {
    if (keys.get(key) === value) return;
    keys.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  const update = (): void => {
    const panel = panels.active;
    const geometry = panel?.document.facts?.geometry;
    const selected = panel?.selected;
    setKey('qcow2.hasMap', geometry !== undefined);
    setKey('qcow2.hasSelection', geometry !== undefined && selected !== undefined);
    setKey('qcow2.canGoBack', panel?.history.back ?? false);
    setKey('qcow2.canGoForward', panel?.history.forward ?? false);
    setKey('qcow2.scanning', panel?.document.scanning ?? false);
    if (!geometry) {
      item.hide();
      return;
    }
    item.text = placeText(selected, panel?.selectedGuest, geometry.clusterBits);
    item.show();
  };
  update();
  return vscode.Disposable.from(item, panels.onChange(update));
}

/** "guest cluster 6,919 · 0x1b070000": what was picked on the guest's disk comes before where it lies. */
function placeText(
  selected: HostCluster | undefined,
  guest: GuestCluster | undefined,
  clusterBits: number,
): string {
  if (guest !== undefined)
    return vscode.l10n.t(
      'guest cluster {0} · {1}',
      countText(guest),
      hex(offsetOf(guest, { clusterSize: 2 ** clusterBits })),
    );
  if (selected === undefined) return vscode.l10n.t('no cluster selected');
  return vscode.l10n.t('cluster {0} · {1}', countText(selected), offsetText(selected, clusterBits));
}

/** Where a cluster starts in the file, as `0x…`. */
export const offsetText = (cluster: HostCluster, clusterBits: number): string =>
  hex(offsetOf(cluster, { clusterSize: 2 ** clusterBits }));

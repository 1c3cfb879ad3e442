import * as vscode from 'vscode';
import { isRecord } from '../core/record.js';
import { VIEW_TYPE } from './viewType.js';

const IMAGE = /\.qcow2$/i;

/**
 * Images that were clicked before VS Code knew of our editor stand in its text editor, or in the
 * page that says that they are too large for it: shows them in ours. Where the user has chosen
 * another editor for such files, nothing is done.
 */
export async function takeOverEarlyTabs(): Promise<void> {
  const chosen = vscode.workspace.getConfiguration('workbench').get<unknown>('editorAssociations');
  if (isRecord(chosen) && Object.keys(chosen).some((pattern) => IMAGE.test(pattern))) return;
  for (const group of vscode.window.tabGroups.all)
    for (const tab of group.tabs) {
      const { input, isActive, isPreview } = tab;
      if (!(input instanceof vscode.TabInputText) || !IMAGE.test(input.uri.path)) continue;
      await vscode.commands.executeCommand('vscode.openWith', input.uri, VIEW_TYPE, {
        viewColumn: group.viewColumn,
        preserveFocus: !isActive,
        preview: isPreview,
      });
      await vscode.window.tabGroups.close(tab, true);
    }
}

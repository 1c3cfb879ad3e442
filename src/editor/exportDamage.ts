import * as vscode from 'vscode';
import type { DamageFormat } from '../core/check/causes/damageReport.js';
import { clean, messageOf } from '../core/text.js';
import type { ImageDocument } from './imageDocument.js';

interface Choice extends vscode.QuickPickItem {
  readonly format: DamageFormat;
  readonly extension: string;
}

/** Asks as what the damage of the guest's disks is to be kept, and where, and writes it there. */
export async function exportDamage(document: ImageDocument): Promise<void> {
  const choices: readonly Choice[] = [
    {
      label: 'JSON',
      detail: vscode.l10n.t('The disk and each snapshot, with causes and partitions'),
      format: 'json',
      extension: 'json',
    },
    {
      label: vscode.l10n.t('Map file of GNU ddrescue'),
      detail: vscode.l10n.t('The disk: what is lost, to be looked at again, or fine'),
      format: 'ddrescue',
      extension: 'map',
    },
  ];
  const choice = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Export Damage'),
  });
  if (!choice) return;
  const { uri } = document;
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Damage'),
    defaultUri: uri.with({ path: `${uri.path}.damage.${choice.extension}`, query: '' }),
    filters: { [choice.label]: [choice.extension] },
  });
  if (!target) return;
  try {
    await writeDamage(document, choice.format, target);
  } catch (error) {
    void vscode.window.showErrorMessage(
      clean(vscode.l10n.t('The damage could not be exported: {0}', messageOf(error))),
    );
  }
}

/** Writes the damage to a file, which is never the image itself. Rejects with what went wrong. */
export async function writeDamage(
  document: ImageDocument,
  format: DamageFormat,
  target: vscode.Uri,
): Promise<void> {
  if (target.toString() === document.uri.toString())
    throw new Error(vscode.l10n.t('this is the image itself'));
  const text = await document.damage(format);
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
}

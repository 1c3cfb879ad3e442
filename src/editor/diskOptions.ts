import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  blockdevJson,
  driveText,
  libvirtXml,
  optionsOf,
  type SettingValues,
  settingValues,
} from '../core/options/diskOptions.js';
import { pastedOptions } from '../core/options/pastedOptions.js';
import type { ParseResult } from '../core/size.js';
import { clean } from '../core/text.js';
import type { ImagePanel } from './panel.js';
import {
  cacheSettings,
  DEFAULT_OVERLAP_CHECK,
  discardNoUnrefSetting,
  overlapSettings,
  writeCaches,
  writeDiscardNoUnref,
  writeOverlap,
} from './settings.js';

function valuesIn(text: string): ParseResult<SettingValues> {
  const options = pastedOptions(text);
  return options.ok ? settingValues(options.value) : options;
}

/** Asks for the options of a disk in any of the ways that they are written, and has the settings follow. */
export async function pasteOptions({ document }: ImagePanel): Promise<void> {
  const copied = await vscode.env.clipboard.readText();
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Set Options from…'),
    prompt: vscode.l10n.t(
      'A -drive or -blockdev, QMP, or the disk in libvirt’s XML. What it does not name becomes the default.',
    ),
    value: pastedOptions(copied).ok ? copied.replace(/\s+/g, ' ').trim() : '',
    validateInput: (now) => {
      const values = valuesIn(now);
      return now === '' || values.ok ? undefined : clean(values.message.split('\n')[0]);
    },
  });
  const values = valuesIn(text ?? '');
  if (text !== undefined && values.ok) await applyOptions(document.uri, values.value);
}

/** Settings of the structures, which no release of QEMU has, stay unless they are named. */
async function applyOptions(file: vscode.Uri, values: SettingValues): Promise<void> {
  const now = overlapSettings(file);
  await writeOverlap(file, {
    overlapCheck: values.overlapCheck ?? DEFAULT_OVERLAP_CHECK,
    types: values.types,
    bitmapSize: values.bitmapSize ?? now.bitmapSize,
    totalSizeLimit: values.totalSizeLimit ?? now.totalSizeLimit,
    limitPolicy: values.limitPolicy ?? now.limitPolicy,
  });
  await writeCaches(file, values.caches);
  await writeDiscardNoUnref(file, values.discardNoUnref);
}

interface Choice extends vscode.QuickPickItem {
  readonly text: string;
}

/** Copies the settings as one would give them to QEMU, or to libvirt as far as that can set them. */
export async function copyOptions({ document }: ImagePanel): Promise<void> {
  const { uri } = document;
  const { overlapCheck, types } = overlapSettings(uri);
  const options = optionsOf({
    overlapCheck,
    types,
    caches: cacheSettings(uri),
    discardNoUnref: discardNoUnrefSetting(uri),
  });
  const file = basename(uri.fsPath);
  const node = blockdevJson(options, file);
  const { xml, missing } = libvirtXml(options);
  const choices: readonly Choice[] = [
    { label: '-drive', text: driveText(options, file) },
    { label: '-blockdev', text: node },
    {
      label: 'QMP',
      detail: 'blockdev-add',
      text: `{"execute":"blockdev-add","arguments":${node}}`,
    },
    {
      label: 'libvirt',
      detail:
        missing.length === 0
          ? vscode.l10n.t('Inside <disk>')
          : vscode.l10n.t('Inside <disk>; libvirt cannot set {0}', missing.join(', ')),
      text: xml,
    },
  ];
  const choice = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Copy Options as…'),
  });
  if (choice) await vscode.env.clipboard.writeText(choice.text);
}

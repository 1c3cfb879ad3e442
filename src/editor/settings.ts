import * as vscode from 'vscode';
import { isGuardedType } from '../core/overlap/types.js';
import type { HeatmapSettings, Renderer } from '../protocol/webviewMessages.js';
import { CACHE_OPTIONS, type CacheOptions } from '../core/simulate/copy/cacheOptions.js';
import { type CurveName, CURVES } from '../core/picture/curve.js';
import type { OverlapOptions } from '../protocol/shapes.js';
import { isRecord } from '../core/record.js';

const SECTION = 'qcow2.heatmap';

/** The user's settings as they are now. A value that is none of the choices counts as the default. */
export function heatmapSettings(): HeatmapSettings {
  const section = vscode.workspace.getConfiguration(SECTION);
  const chosen = section.get<unknown>('curve');
  const renderer = section.get<unknown>('renderer');
  return {
    curve: CURVES.find((curve) => curve === chosen) ?? 'hilbert',
    renderer: isRenderer(renderer) ? renderer : 'auto',
  };
}

export function onDidChangeHeatmapSettings(
  listener: (settings: HeatmapSettings) => void,
): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(SECTION)) listener(heatmapSettings());
  });
}

export const writeCurve = (curve: CurveName): Promise<void> =>
  writeSetting(SECTION, 'curve', curve);

const isRenderer = (value: unknown): value is Renderer =>
  value === 'auto' || value === 'canvas' || value === 'webgl';

const ROOT = 'qcow2';
/** QEMU's own, and that of the manifest. */
export const DEFAULT_OVERLAP_CHECK = 'cached';
const STRUCTURES = 'overlapStructures';

/** What a type's setting may be; true and false are those of QEMU, and of our first versions. */
const SWITCHES: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ['on', true],
  ['off', false],
  [true, true],
  [false, false],
]);

/**
 * The overlap check as the user has set it for a file, unread: what makes no sense is said where it
 * is used.
 */
export function overlapSettings(file: vscode.Uri): OverlapOptions {
  const section = vscode.workspace.getConfiguration(ROOT, file);
  const text = (key: string): string => asText(section.get<unknown>(key));
  const types = section.get<unknown>('overlapCheckTypes');
  return {
    overlapCheck: text('overlapCheck'),
    types: Object.fromEntries(
      Object.entries(isRecord(types) ? types : {}).flatMap(([type, value]) => {
        const isOn = SWITCHES.get(value);
        return isGuardedType(type) && isOn !== undefined ? [[type, isOn]] : [];
      }),
    ),
    bitmapSize: text(`${STRUCTURES}.bitmapSize`),
    totalSizeLimit: text(`${STRUCTURES}.totalSizeLimit`),
    limitPolicy: text(`${STRUCTURES}.limitPolicy`),
  };
}

/** Whether a change of settings is one of the overlap check for this file. */
export const changesOverlap = (
  change: vscode.ConfigurationChangeEvent,
  file: vscode.Uri,
): boolean =>
  ['overlapCheck', 'overlapCheckTypes', STRUCTURES].some((key) =>
    change.affectsConfiguration(`${ROOT}.${key}`, file),
  );

/** The sizes of the metadata caches as the user has set them for a file, unread. */
export function cacheSettings(file: vscode.Uri): CacheOptions {
  const section = vscode.workspace.getConfiguration(ROOT, file);
  const text = (key: keyof CacheOptions): string => asText(section.get<unknown>(key));
  return {
    cacheSize: text('cacheSize'),
    l2CacheSize: text('l2CacheSize'),
    l2CacheEntrySize: text('l2CacheEntrySize'),
    refcountCacheSize: text('refcountCacheSize'),
  };
}

/** Writes what differs from the settings as they are. */
export async function writeCaches(file: vscode.Uri, options: CacheOptions): Promise<void> {
  const now = cacheSettings(file);
  for (const key of CACHE_OPTIONS)
    if (now[key] !== options[key]) await writeSetting(ROOT, key, options[key], file);
}

export function onDidChangeCacheSettings(
  file: vscode.Uri,
  listener: (caches: CacheOptions) => void,
): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (CACHE_OPTIONS.some((key) => change.affectsConfiguration(`${ROOT}.${key}`, file)))
      listener(cacheSettings(file));
  });
}

const DISCARD_NO_UNREF = 'discardNoUnref';

/** Whether QEMU's option `discard-no-unref` is on for a file. */
export const discardNoUnrefSetting = (file: vscode.Uri): boolean =>
  vscode.workspace.getConfiguration(ROOT, file).get<unknown>(DISCARD_NO_UNREF) === true;

export function onDidChangeDiscardNoUnref(
  file: vscode.Uri,
  listener: (discardNoUnref: boolean) => void,
): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(`${ROOT}.${DISCARD_NO_UNREF}`, file))
      listener(discardNoUnrefSetting(file));
  });
}

export const writeDiscardNoUnref = (file: vscode.Uri, discardNoUnref: boolean): Promise<void> =>
  writeSetting(ROOT, DISCARD_NO_UNREF, discardNoUnref, file);

/** A size may be written as a number. */
const asText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** Writes what differs from the settings as they are. */
export async function writeOverlap(file: vscode.Uri, options: OverlapOptions): Promise<void> {
  const now = overlapSettings(file);
  const write = async (key: string, before: unknown, after: unknown): Promise<void> => {
    if (JSON.stringify(before) !== JSON.stringify(after))
      await writeSetting(ROOT, key, after, file);
  };
  await write('overlapCheck', now.overlapCheck, options.overlapCheck);
  await write('overlapCheckTypes', switchesOf(now), switchesOf(options));
  await write(`${STRUCTURES}.bitmapSize`, now.bitmapSize, options.bitmapSize);
  await write(`${STRUCTURES}.totalSizeLimit`, now.totalSizeLimit, options.totalSizeLimit);
  await write(`${STRUCTURES}.limitPolicy`, now.limitPolicy, options.limitPolicy);
}

const switchesOf = ({ types }: OverlapOptions): Record<string, 'on' | 'off'> =>
  Object.fromEntries(Object.entries(types).map(([type, isOn]) => [type, isOn ? 'on' : 'off']));

/** Writes a setting to where it is set already, else to the user's own settings. */
async function writeSetting(
  root: string,
  key: string,
  value: unknown,
  file?: vscode.Uri,
): Promise<void> {
  const section = vscode.workspace.getConfiguration(root, file);
  const { workspaceFolderValue, workspaceValue } = section.inspect(key) ?? {};
  const target =
    workspaceFolderValue !== undefined
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : workspaceValue !== undefined
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
  await section.update(key, value, target);
}

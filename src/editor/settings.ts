import * as vscode from 'vscode';
import type { Curve } from '../protocol/imageService.js';
import type { HeatmapSettings, Renderer } from '../protocol/webviewMessages.js';
import { isCurve } from './validate.js';

const SECTION = 'qcow2.heatmap';

/** The user's settings as they are now. A value that is none of the choices counts as the default. */
export function heatmapSettings(): HeatmapSettings {
  const section = vscode.workspace.getConfiguration(SECTION);
  const curve = section.get<unknown>('curve');
  const renderer = section.get<unknown>('renderer');
  return {
    curve: isCurve(curve) ? curve : 'hilbert',
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

/** Writes the curve to where it is set already, else to the user's own settings. */
export async function writeCurve(curve: Curve): Promise<void> {
  const section = vscode.workspace.getConfiguration(SECTION);
  const target =
    section.inspect('curve')?.workspaceValue === undefined
      ? vscode.ConfigurationTarget.Global
      : vscode.ConfigurationTarget.Workspace;
  await section.update('curve', curve, target);
}

const isRenderer = (value: unknown): value is Renderer =>
  value === 'auto' || value === 'canvas' || value === 'webgl';

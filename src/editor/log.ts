import * as vscode from 'vscode';

/** The extension's channel in the Output panel. */
export const createLog = (): vscode.LogOutputChannel =>
  vscode.window.createOutputChannel('Qcow2 Lens', { log: true });

import * as vscode from 'vscode';
import { comparedDisks, comparisonJson } from './editor/compare.js';
import { registerCommands } from './editor/commands.js';
import { followDocuments } from './editor/diagnostics.js';
import { takeOverEarlyTabs } from './editor/earlyTabs.js';
import { writeDamage } from './editor/exportDamage.js';
import { Panels } from './editor/panels.js';
import { ImageEditorProvider } from './editor/provider.js';
import { registerRevealPlace } from './editor/revealPlace.js';
import { followActivePanel } from './editor/statusBar.js';
import type { ComparedDisk } from './node/fileTask.js';
import type { OverlapAnswer } from './protocol/overlap.js';
import type { SimulateAnswer } from './protocol/simulation.js';
import type { DamageFormat } from './core/check/causes/damageReport.js';
import type { FoundTables } from './core/lost/findTables.js';
import type { ImageFacts } from './core/qcow2/facts.js';
import type { ScanSummary } from './core/inspect/inspection.js';

/** What the extension tells other extensions, and its tests. */
export interface ExtensionApi {
  documents(): readonly OpenImage[];
}

export interface OpenImage {
  readonly uri: string;
  /** Undefined until the header has been read. */
  readonly facts: ImageFacts | undefined;
  /** Undefined until the scan has finished. */
  readonly summary: ScanSummary | undefined;
  /** The overlap structures under the user's settings. Rejects when the image has none. */
  overlap(): Promise<OverlapAnswer>;
  /** What comes of operations, one a line, on a simulated copy. They become those of its panels. */
  simulate(operations: readonly string[]): Promise<SimulateAnswer>;
  /** Tables that nothing points to. */
  lostTables(): Promise<FoundTables>;
  /** Reads the file anew as if its header said this (`l1=0x30000,…`), or as what it says itself. */
  openAsIf(assumed: string | undefined): void;
  /** What is different between this image, or a snapshot of it, and another disk, as JSON. */
  compare(snapshot: number | undefined, other: ComparedDisk): Promise<string>;
  /** Writes the damage of the guest's disks to a file. */
  writeDamage(format: DamageFormat, target: vscode.Uri): Promise<void>;
}

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  const log = vscode.window.createOutputChannel('Qcow2 Lens', { log: true });
  const panels = new Panels();
  const provider = new ImageEditorProvider(context.extensionUri, panels, log);
  context.subscriptions.push(
    log,
    panels,
    provider.register(),
    registerCommands(panels),
    registerRevealPlace(panels),
    followActivePanel(panels),
    followDocuments(provider.onDidOpen),
  );
  void takeOverEarlyTabs();
  return {
    documents: () =>
      provider.documents.map((document) => ({
        uri: document.uri.toString(),
        facts: document.facts,
        summary: document.summary,
        overlap: () => document.overlap(),
        simulate: (operations) => document.simulate(operations),
        lostTables: () => document.lostTables(),
        openAsIf: (assumed) => {
          document.openAsIf(assumed);
        },
        compare: async (snapshot, other) =>
          comparisonJson(
            await comparedDisks(document, { path: document.uri.fsPath, snapshot }, other),
          ),
        writeDamage: (format, target) => writeDamage(document, format, target),
      })),
  };
}

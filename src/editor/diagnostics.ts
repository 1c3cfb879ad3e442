import * as vscode from 'vscode';
import type { ImageDocument } from './imageDocument.js';
import { revealLink } from './revealPlace.js';
import { findingReports, headerReports, type ProblemReport } from './problemReports.js';
import type { ScanSummary } from '../core/inspect/inspection.js';

const SOURCE = 'qcow2';
const START = new vscode.Range(0, 0, 0, 0);

/** Lists what is wrong with the images that are open in the Problems panel. */
export function followDocuments(onDidOpen: vscode.Event<ImageDocument>): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection(SOURCE);
  const opened = onDidOpen((document) => {
    report(document, collection);
  });
  return vscode.Disposable.from(collection, opened);
}

/** Keeps the reports on one image up to date until its last editor closes. */
function report(document: ImageDocument, collection: vscode.DiagnosticCollection): void {
  const { uri } = document;
  let reading = new AbortController();
  let header: readonly ProblemReport[] = [];
  const show = (findings: readonly ProblemReport[]): void => {
    collection.set(
      uri,
      [...header, ...findings].map((found) => diagnosticOf(found, uri)),
    );
  };
  document.onEvent((event) => {
    switch (event.type) {
      case 'facts':
        reading.abort();
        reading = new AbortController();
        header = headerReports(event.facts);
        show([]);
        break;
      case 'scanned': {
        const { signal } = reading;
        const geometry = document.facts?.geometry;
        if (!geometry) break;
        findingReports(geometry, totalOf(event.summary), (query) =>
          document.ask('findings', query, signal),
        ).then(
          (findings) => {
            if (!signal.aborted) show(findings);
          },
          // The image was read anew or closed meanwhile.
          () => undefined,
        );
        break;
      }
      case 'failed':
        reading.abort();
        collection.delete(uri);
        break;
      case 'progress':
      case 'operations':
      case 'file':
      case 'cancelled':
        break;
    }
  });
  document.onDispose(() => {
    reading.abort();
    collection.delete(uri);
  });
}

const totalOf = ({ findingsByCode }: ScanSummary): number =>
  Object.values(findingsByCode).reduce((sum, count) => sum + count, 0);

const SEVERITIES: Readonly<Record<ProblemReport['level'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

function diagnosticOf({ level, code, message, to }: ProblemReport, uri: vscode.Uri) {
  const diagnostic = new vscode.Diagnostic(START, message, SEVERITIES[level]);
  diagnostic.code = { value: code, target: revealLink(uri, to) };
  diagnostic.source = SOURCE;
  return diagnostic;
}

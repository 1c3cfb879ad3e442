import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, eventually, openedWithFacts, openedWithSummary, sample } from './opened.js';
import { test } from './runner.js';

const reported = (uri: vscode.Uri): vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'qcow2');

/** The code of a problem that has a link. */
function codeOf({ code }: vscode.Diagnostic): unknown {
  assert.ok(typeof code === 'object' && code.target.scheme === 'command');
  return code.value;
}

test('findings are listed in the Problems panel while the image is open', async () => {
  const uri = sample('database-damaged.qcow2');
  const { counts } = await openedWithSummary(uri);
  const diagnostics = await eventually('diagnostics', () => {
    const list = reported(uri);
    return list.length > 0 ? list : undefined;
  });
  assert.equal(diagnostics.length, 201);
  const errors = diagnostics.filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error);
  assert.equal(errors.length, counts?.corruptions);
  assert.match(diagnostics[0].message, /\((cluster [\d,]+, )?host offset 0x[0-9a-f]+\)$/);
  assert.match(diagnostics[200].message, /^… and [\d,]+ more findings; open the Findings list$/);
  await closeAll();
  await eventually('no diagnostics', () => (reported(uri).length === 0 ? true : undefined));
});

test('a header that QEMU refuses is listed in the Problems panel', async () => {
  const uri = sample('cluster-bits-40.qcow2');
  await openedWithFacts(uri);
  const [diagnostic] = await eventually('a diagnostic', () => {
    const list = reported(uri);
    return list.length > 0 ? list : undefined;
  });
  assert.equal(codeOf(diagnostic), 'cluster_bits');
  assert.equal(diagnostic.severity, vscode.DiagnosticSeverity.Error);
  await closeAll();
});

test('a sound image has no error, but is warned of where a repair would destroy', async () => {
  const uri = sample('web-server.qcow2');
  await openedWithSummary(uri);
  const [diagnostic, ...others] = await eventually('a diagnostic', () => {
    const list = reported(uri);
    return list.length > 0 ? list : undefined;
  });
  assert.deepEqual(others, []);
  assert.equal(codeOf(diagnostic), 'repair-deletes-snapshots');
  assert.equal(diagnostic.severity, vscode.DiagnosticSeverity.Warning);
  await closeAll();
});

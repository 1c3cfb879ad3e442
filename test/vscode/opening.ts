import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  closeAll,
  eventually,
  opened,
  openedWithFacts,
  openedWithSummary,
  sample,
  VIEW_TYPE,
} from './opened.js';
import { takeOverEarlyTabs } from '../../src/editor/earlyTabs.js';
import { test } from './runner.js';

const activeInput = (): unknown => vscode.window.tabGroups.activeTabGroup.activeTab?.input;

test('an image opens in our editor by its name alone', async () => {
  const uri = sample('web-server.qcow2');
  await vscode.commands.executeCommand('vscode.open', uri);
  const input = activeInput();
  assert.ok(input instanceof vscode.TabInputCustom, 'the tab is not a custom editor');
  assert.equal(input.viewType, VIEW_TYPE);
  assert.equal(input.uri.toString(), uri.toString());
  await closeAll();
});

test('an image that stands in the text editor is taken over, unless another editor was chosen', async () => {
  const uri = sample('web-server.qcow2');
  const stands = async (): Promise<unknown> => {
    await vscode.commands.executeCommand('vscode.openWith', uri, 'default');
    assert.ok(activeInput() instanceof vscode.TabInputText, 'the tab is none of the text editor');
    await takeOverEarlyTabs();
    return activeInput();
  };
  const associations = vscode.workspace.getConfiguration('workbench');
  const choose = (chosen: object | undefined): Thenable<void> =>
    associations.update('editorAssociations', chosen, vscode.ConfigurationTarget.Global);
  await choose({ '*.qcow2': 'hexEditor.hexedit' });
  try {
    assert.ok((await stands()) instanceof vscode.TabInputText, 'the choice was not respected');
  } finally {
    await choose(undefined);
  }
  await closeAll();
  const input = await stands();
  assert.ok(input instanceof vscode.TabInputCustom, 'the tab was not taken over');
  assert.equal(input.viewType, VIEW_TYPE);
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  assert.equal(tabs.length, 1, 'the tab of the text editor is still there');
  await closeAll();
});

test('the header and the scan of a sample are known', async () => {
  const uri = sample('web-server.qcow2');
  const facts = await openedWithFacts(uri);
  assert.equal(facts.fileName, 'web-server.qcow2');
  assert.deepEqual(facts.problems, []);
  assert.equal(facts.geometry?.version, 3);
  assert.equal(facts.geometry.clusterBits, 16);
  assert.equal(facts.fileSize, (await vscode.workspace.fs.stat(uri)).size);
  const { clusters, counts } = await openedWithSummary(uri);
  assert.equal(clusters['main-header'], 1);
  assert.equal(clusters['active-l1'], 1);
  assert.equal(counts?.checkErrors, 0);
  assert.equal(counts.corruptions, 0);
  await closeAll();
});

test('two panels share one document', async () => {
  const uri = sample('web-server.qcow2');
  await openedWithSummary(uri);
  await vscode.commands.executeCommand('workbench.action.splitEditor');
  await eventually('two tabs', () => {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    return tabs.length === 2 ? true : undefined;
  });
  assert.notEqual(opened(uri)?.summary, undefined);
  await closeAll();
});

for (const name of ['corrupt-l1-overlap', 'corrupt-refblock-as-data', 'truncated']) {
  test(`${name}.qcow2 opens, and its corruptions are counted`, async () => {
    const { claimedTwice, counts } = await openedWithSummary(sample(`${name}.qcow2`));
    assert.ok(claimedTwice > 0);
    assert.ok(counts !== undefined && counts.corruptions > 0);
    await closeAll();
  });
}

for (const name of ['empty', 'not-qcow2', 'cluster-bits-40', 'l1-size-2g']) {
  test(`${name}.qcow2 opens in our editor and says what is wrong`, async () => {
    const facts = await openedWithFacts(sample(`${name}.qcow2`));
    const input = activeInput();
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, VIEW_TYPE);
    assert.ok(facts.problems.length > 0);
    for (const { message, field } of facts.problems) assert.ok(message !== '' && field !== '');
    await closeAll();
  });
}

test('reading again finds the same', async () => {
  const uri = sample('leaks.qcow2');
  const before = await openedWithSummary(uri);
  await vscode.commands.executeCommand('qcow2.reload');
  const after = await eventually('the summary of the second scan', () => {
    const summary = opened(uri)?.summary;
    return summary === before ? undefined : summary;
  });
  assert.deepEqual({ ...after, milliseconds: 0 }, { ...before, milliseconds: 0 });
  await closeAll();
});

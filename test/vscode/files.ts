import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { isRecord } from '../../src/core/record.js';
import { closeAll, opened, openedWithSummary, sample } from './opened.js';
import { test } from './runner.js';

test('an image is compared with a snapshot of its own, and with another image', async () => {
  const image = sample('database-damaged.qcow2');
  const other = sample('web-server.qcow2');
  await openedWithSummary(image);
  try {
    const compared = async (snapshot: number | undefined, path: vscode.Uri) => {
      const text = await opened(image)?.compare(snapshot, {
        path: path.fsPath,
        snapshot: undefined,
      });
      const value: unknown = JSON.parse(text ?? '');
      assert.ok(isRecord(value) && Array.isArray(value.guest));
      return value.guest.length;
    };
    assert.equal(await compared(undefined, image), 0);
    assert.ok((await compared(undefined, other)) > 0);
    await assert.rejects(compared(99, image), /no such snapshot/);
    await assert.rejects(compared(undefined, vscode.Uri.joinPath(image, 'missing')), /missing/);
  } finally {
    await closeAll();
  }
});

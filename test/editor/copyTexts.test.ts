import { describe, expect, it } from 'vitest';
import type { Owner } from '../../src/core/map/owner.js';
import { cellJson, guestOffsets, ownersText, readCommand } from '../../src/editor/copyTexts.js';
import { Inspection, type ClusterDetail } from '../../src/core/inspect/inspection.js';
import { imageFacts, type ImageFacts } from '../../src/core/qcow2/facts.js';
import { openedMappable, scanned } from '../core/opened.js';
import { l1Overlap } from '../images/samples/damaged.js';
import { bytes, guestOffset, hostCluster, hostOffset } from '../../src/core/units.js';

const SNAPSHOT = { index: 0, id: '1', name: 'month\u202eend' };

const entry = (offset: number, snapshot?: typeof SNAPSHOT): Owner => ({
  type: 'l2-entry',
  l1Index: 3,
  l2Index: 17,
  guestOffset: guestOffset(offset),
  entryOffset: hostOffset(0x50088),
  entry: '0x80000000050000',
  kind: 'data',
  readsZero: false,
  snapshot,
});

const detailOf = (owners: readonly Owner[]): ClusterDetail => ({
  cluster: hostCluster(5),
  offset: hostOffset(0x50000),
  kinds: ['data'],
  stored: '1',
  references: 1,
  claimedTwice: false,
  owners,
  more: false,
  findings: [],
});

function facts(geometry: Partial<NonNullable<ImageFacts['geometry']>> = {}): ImageFacts {
  const known = imageFacts(openedMappable(l1Overlap()), 'a.qcow2');
  if (!known.geometry) throw new Error('no geometry');
  return { ...known, geometry: { ...known.geometry, ...geometry } };
}

describe('the command that reads a cluster', () => {
  it('goes through the guest where the guest sees it', () => {
    const detail = detailOf([entry(0x20000, SNAPSHOT), entry(0x60110000)]);
    expect(readCommand(detail, facts(), '/a/b.qcow2', 'bash')).toBe(
      "qemu-io -r -f qcow2 -c 'read -v 0x60110000 65536' '/a/b.qcow2'",
    );
  });

  it('stops at the end of the virtual disk', () => {
    const command = readCommand(
      detailOf([entry(0x10000)]),
      facts({ virtualSize: bytes(0x10200) }),
      'b',
      'bash',
    );
    expect(command).toContain('read -v 0x10000 512');
  });

  it.each([
    ['metadata', detailOf([{ type: 'refcount-table' }]), facts()],
    ['snapshots only', detailOf([entry(0, SNAPSHOT)]), facts()],
    ['VM state, behind the disk', detailOf([entry(2 ** 50)]), facts()],
    ['an encrypted disk', detailOf([entry(0)]), facts({ encryption: 'luks' })],
  ])('goes to the file as it is: %s', (_, detail, imageFacts) => {
    expect(readCommand(detail, imageFacts, '/a', 'bash')).toBe(
      "qemu-io -r -f raw -c 'read -v 0x50000 65536' '/a'",
    );
  });

  it('quotes names for the shell', () => {
    const detail = detailOf([]);
    expect(readCommand(detail, facts(), "/it's $HOME", 'bash')).toMatch(/ '\/it'\\''s \$HOME'$/);
    expect(readCommand(detail, facts(), 'C:\\a b.qcow2', 'powershell')).toMatch(
      /^qemu-io -r -f raw -c 'read -v 0x50000 65536' 'C:\\a b\.qcow2'$/,
    );
  });
});

it('owners are lines of text that nothing can hide in', () => {
  expect(ownersText({ ...detailOf([entry(0x60110000, SNAPSHOT)]), more: true })).toBe(
    [
      'cluster 5 (host offset 0x50000)',
      "- L2 entry 17 of L1 entry 3 of snapshot 'month\ufffdend' (guest offset 0x60110000), entry at 0x50088 = 0x80000000050000",
      '- and more',
    ].join('\n'),
  );
  expect(ownersText(detailOf([]))).toContain('nothing refers to it');
});

it('guest offsets are each told once', () => {
  const detail = detailOf([entry(9), entry(5, SNAPSHOT), entry(5), { type: 'main-header' }]);
  expect(guestOffsets(detail)).toEqual([5, 9]);
});

it('a cell as JSON can be read again', () => {
  const detail = new Inspection(scanned(l1Overlap())).cluster(hostCluster(3));
  expect(JSON.parse(cellJson(detail))).toEqual(JSON.parse(JSON.stringify(detail)));
});

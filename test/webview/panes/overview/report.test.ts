import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageFacts } from '../../../../src/core/qcow2/facts.js';
import type { Cause, Diagnosis } from '../../../../src/core/check/causes/cause.js';
import { code, codeBlock, prose } from '../../../../webview/panes/overview/markdown.js';
import { reportOf } from '../../../../webview/panes/overview/report.js';
import { cause, DAMAGED } from '../../harness/diagnoses.js';
import { bytes, hostCluster, hostOffset } from '../../../../src/core/units.js';

const facts = (fileName: string, backingFile?: string): ImageFacts => ({
  fileName,
  fileSize: bytes(31_570_000_000),
  geometry: {
    version: 3,
    clusterBits: 16,
    hostClusters: 481_720,
    virtualSize: bytes(40 * 2 ** 30),
    refcountBits: 16,
    snapshots: 2,
    bitmaps: 1,
    extendedL2: false,
    dirty: false,
    corrupt: false,
    lazyRefcounts: false,
    encryption: 'none',
    compression: 'zlib',
    backingFile,
    dataFile: undefined,
    rawDataFile: false,
  },
  foreign: undefined,
  problems: [],
});

const report = (
  causes: readonly Cause[],
  { hidesNames = false, image = facts('vm.qcow2') } = {},
): string => {
  const diagnosis: Diagnosis = {
    verdict: 'damaged',
    headline: 'Damaged: 1 cause.',
    causes,
    firstStep: DAMAGED.firstStep,
  };
  return reportOf({ diagnosis, facts: image, counts: undefined, shell: 'bash', hidesNames });
};

describe('a report', () => {
  it('has each cause with its picture, its danger, its steps and the lines of QEMU', () => {
    const text = reportOf({
      diagnosis: DAMAGED,
      facts: facts('broken-vm.qcow2', 'base.qcow2'),
      counts: {
        corruptions: 11,
        leaks: 1,
        checkErrors: 0,
        allocatedClusters: 1,
        totalClusters: 1,
        fragmentedClusters: 0,
        compressedClusters: 0,
        imageEndOffset: hostOffset(0),
      },
      shell: 'bash',
      hidesNames: false,
    });
    const lines = text.split('\n');
    expect(lines[0]).toBe('### Damaged: 5 causes. One puts the whole disk at risk.');
    for (const line of [
      '- Backing file: ` base.qcow2 `',
      '- As `qemu-img check` counts: 11 corruptions, 1 leak, 0 check errors',
      "**First:** Leave the VM off, and copy the file before anything else: ` cp -n 'broken-vm.qcow2' 'broken-vm.qcow2.copy' `",
      '#### 1. Guest data at 0x50000 lies on the active L1 table (whole disk in danger)',
      '- Claimed: guest 0x50000 → cluster 3 (0x30000) ← active L1',
      '- In danger: The whole 40 GiB disk hangs on the active L1 table.',
      '- In the file: 0x30000 – 0x3ffff',
      'ERROR cluster 3 refcount=1 reference=2',
      '- Snapshots concerned: ` before-upgrade `',
    ])
      expect(lines).toContain(line);
    expect(text).toContain('4 more');
  });

  const HOSTILE = [
    '](https://evil.example) @admin #17 <img src=x onerror=alert(1)>',
    '```\n# heading\n- [ ] task',
    '`a` **b** _c_ ~~d~~ | e | $x$ &amp; www.evil.example GH-12',
    '\u202egnp.exe\u0000\u001b[31m',
  ];

  it.each(HOSTILE)('lets no name out of its place: %j', (name) => {
    const text = report(
      [
        cause({
          title: `L1 of snapshot '${name}' is lost`,
          explanation: name,
          danger: {
            bytes: 5,
            text: `what '${name}' has`,
            guest: [{ start: 0, length: 512, snapshot: name }],
            ranges: 1,
            snapshots: [name],
            wholeDisk: false,
          },
          doNext: [{ text: `Look at ${name}`, command: 'ls {0}', names: [name] }],
          qemuLines: [`ERROR snapshot 1 (${name}) l1_offset=0x3`],
          qemuLineCount: 1,
        }),
      ],
      { image: facts(name, name) },
    );
    // Without code, in which nothing has a meaning, nothing is left that has one.
    const words = text
      .replace(/^(`{3,})text\n[^]*?\n\1$/gm, '')
      .replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, (span) =>
        span.startsWith('\\') ? span : '',
      );
    expect(words).not.toMatch(/(?<!\\)[<>[\]|~&$]/);
    expect(words).not.toMatch(/@[a-z]|#\d|:\/\/|www\.|GH-\d/i);
    expect(text).not.toMatch(/[\u202e\u0000\u001b]/);
    expect(words.match(/^#+ /gm)).toEqual(['### ', '#### ']);
  });

  it('names nothing when names are to be hidden', () => {
    const name = "nightly' of (2026)";
    const snapshots = ['x', name, 'before-upgrade'];
    const text = report(
      [
        cause({
          title: `L1 of snapshot '${name}' is lost, and with it 'x'`,
          explanation: "It was the guest's disk; bitmap 'backup-0' is named nowhere else.",
          picture: {
            cluster: hostCluster(3),
            left: { kind: 'inactive-l1', text: `L1 of snapshot '${name}'`, guest: undefined },
            right: { kind: 'bitmap-data', text: "bitmap 'b'", guest: undefined },
          },
          danger: {
            bytes: 5,
            text: `what '${name}' has`,
            guest: [{ start: 0, length: 512, snapshot: 'before-upgrade' }],
            ranges: 1,
            snapshots,
            wholeDisk: false,
          },
          doNext: [
            {
              text: `Remove '${name}'`,
              command: 'qemu-img snapshot -d {0} {image}',
              names: [name],
            },
          ],
          qemuLines: ['ERROR snapshot 7 (unlisted) l1_offset=0x3: not aligned'],
          qemuLineCount: 1,
        }),
      ],
      { hidesNames: true, image: facts('secret-client.qcow2', '/srv/secret-base.qcow2') },
    );
    expect(text).not.toMatch(/nightly|2026|before-upgrade|secret|backup-0|unlisted|'x'|'b'/);
    expect(text).toContain('l1_offset=0x3: not aligned');
    expect(text).toContain("guest's disk");
    expect(text).toContain("qemu-img snapshot -d 'NAME1' 'image.qcow2'");
    expect(text).toContain('- Snapshots concerned: 3');
  });
});

describe('markdown', () => {
  it('is one line of prose, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(prose(text)).not.toMatch(/[\n\r]/);
        expect(prose(text)).not.toMatch(/(?<!\\)(?:\\\\)*[<>[\]`*_|~&$]/);
      }),
    );
  });

  it('closes its code where it is to be closed, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('`', 'a', '\n', ' ') })), (lines) => {
        const block = codeBlock(lines).split('\n');
        const fence = block[0].replace('text', '');
        expect(block).toHaveLength(lines.length + 2);
        expect(block.slice(1, -1).every((line) => !line.includes(fence))).toBe(true);
        for (const line of lines) {
          const [, open = '', inside = ''] = /^(`+) ([^]*) \1$/.exec(code(line)) ?? [];
          expect(inside).toBe(line.replaceAll('\n', '\ufffd'));
          expect(inside).not.toContain(open);
        }
      }),
    );
  });
});

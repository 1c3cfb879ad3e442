import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  operationText,
  parseSimulatedOperation,
} from '../../../src/core/simulate/copy/operation.js';
import { LineReader } from '../../../src/core/workload/lineReader.js';
import { REQUEST_KINDS, RequestBatch } from '../../../src/core/workload/request.js';
import {
  guessFormat,
  lineFormat,
  parseFormat,
  type WorkloadFormat,
} from '../../../src/core/workload/workloadFormat.js';

const sample = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, 'samples', name));
const encoder = new TextEncoder();

interface Found {
  readonly requests: readonly string[];
  readonly bad: readonly number[];
  readonly volumes: readonly string[];
}

/** Requests as `kind offset length`, read in chunks of so many bytes. */
function found(
  bytes: Uint8Array,
  format: WorkloadFormat,
  volume?: string,
  chunk = bytes.length,
): Found {
  const batch = new RequestBatch();
  const reader = new LineReader(lineFormat(format, volume), batch);
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.slice(at, at + chunk));
  reader.end();
  const requests = Array.from(
    { length: batch.size },
    (_, i) => `${REQUEST_KINDS[batch.kinds[i]]} ${batch.offsets[i]} ${batch.lengths[i]}`,
  );
  expect(reader.requests).toBe(batch.size);
  expect(reader.badLines).toBeGreaterThanOrEqual(reader.firstBad.length);
  return {
    requests,
    bad: reader.firstBad,
    volumes: reader.format.volumes.list.map(({ name, requests: count }) => `${name}=${count}`),
  };
}

function guessed(bytes: Uint8Array): WorkloadFormat {
  const format = guessFormat(bytes);
  if (!format) throw new Error('no format was guessed');
  return format;
}

const ofText = (text: string, volume?: string): Found => {
  const bytes = encoder.encode(text);
  return found(bytes, guessed(bytes), volume);
};

const SAMPLES: readonly [string, WorkloadFormat, Partial<Found>][] = [
  [
    'v2_hand.iolog',
    { name: 'fio' },
    {
      requests: [
        'read 0 4096',
        'write 1048576 8192',
        'flush 0 0',
        'flush 0 0',
        'discard 65536 65536',
      ],
      bad: [10, 11, 12],
      volumes: ['/disk=5'],
    },
  ],
  [
    'v3_hand.iolog',
    { name: 'fio' },
    {
      requests: [
        'read 0 4096',
        'write 1048576 8192',
        'flush 0 0',
        'flush 0 0',
        'discard 65536 65536',
      ],
      bad: [10, 11, 12, 13],
    },
  ],
  [
    'v3_fsync.iolog',
    { name: 'fio' },
    {
      requests: [
        ...['write 0 4096', 'write 4096 4096', 'flush 0 0', 'write 8192 4096', 'write 12288 4096'],
        ...['flush 0 0', 'write 16384 4096', 'write 20480 4096'],
      ],
      bad: [],
    },
  ],
  // A second job has written its header in the middle.
  ['v3_numjobs.iolog', { name: 'fio' }, { bad: [], volumes: ['guest0=8'] }],
  ['v3_two_files.iolog', { name: 'fio' }, { bad: [], volumes: ['/mnt/a.bin=3', '/mnt/b.bin=3'] }],
  [
    'blkparse_default.txt',
    { name: 'blkparse', action: 'Q' },
    {
      requests: [
        ...['read 1048576 4096', 'write 4398046511104 65536', 'read 2097152 1048576'],
        ...['discard 4194304 65536', 'flush 0 0', 'write 6291456 512', 'flush 0 0'],
      ],
      bad: [],
      volumes: ['8,0=6'],
    },
  ],
  [
    'qemu-io-trace.log',
    { name: 'qemu', events: 'blk' },
    {
      requests: [
        ...['read 1048576 4096', 'write 0 4096', 'write-zeroes-unmap 1048576 65536'],
        ...['write 8388608 4096', 'flush 0 0'],
      ].slice(0, 2),
      bad: [],
    },
  ],
  [
    'qsys.log',
    { name: 'qemu', events: 'blk' },
    { requests: ['read 0 512', 'read 0 512'], bad: [] },
  ],
];

describe('formats', () => {
  test.for(SAMPLES)('%s', ([name, format, expected]) => {
    const bytes = sample(name);
    expect(guessFormat(bytes)).toEqual(format);
    const all = found(bytes, format);
    if (name === 'qemu-io-trace.log') expect(all.requests.slice(0, 2)).toEqual(expected.requests);
    else expect(all).toMatchObject(expected);
  });

  it('are read alike in chunks of any size', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLES),
        fc.integer({ min: 1, max: 200 }),
        ([name, format], chunk) => {
          expect(found(sample(name), format, undefined, chunk)).toEqual(
            found(sample(name), format),
          );
        },
      ),
    );
  });

  it('of several disks are read for one', () => {
    const { requests, volumes } = found(
      sample('v3_two_files.iolog'),
      { name: 'fio' },
      '/mnt/b.bin',
    );
    expect(requests).toHaveLength(3);
    expect(volumes).toHaveLength(2);
  });

  it('take another line of each request of blkparse', () => {
    const issued = found(sample('blkparse_default.txt'), { name: 'blkparse', action: 'D' });
    // The command with its bytes has no range.
    expect(issued).toMatchObject({ bad: [], volumes: ['8,0=7'] });
    expect(issued.requests).toHaveLength(7);
  });

  it('have flags in QEMU: zeroes, unmap, FUA', () => {
    const line = (flags: string): string =>
      `blk_co_pwritev blk 0x1 bs 0x2 offset 4096 bytes 512 flags ${flags}\n`;
    expect(ofText(line('0x0') + line('0x2') + line('0x6') + line('0x10')).requests).toEqual([
      'write 4096 512',
      'write-zeroes 4096 512',
      'write-zeroes-unmap 4096 512',
      'write 4096 512',
      'flush 0 0',
    ]);
    const qcow2 = 'qcow2_writev_start_req co 0x1 offset 0x1000 bytes 4096\n';
    expect(ofText(qcow2)).toMatchObject({ requests: ['write 4096 4096'], bad: [] });
    expect(
      ofText('7@1.5:bdrv_co_preadv_part bs 0x5 offset 0 bytes 8 flags 0x0\n', '0x6').requests,
    ).toEqual([]);
  });

  it('of biosnoop count from the end of the line', () => {
    const head = 'TIME(s)     COMM           PID    DISK      T SECTOR     BYTES  LAT(ms)\n';
    const text = `${head}0.000004    supervise a b 1950   xvda1     W 13092560   4096      0.74
0.000178    jbd2/dm-2 18   xvda1     R 8  512      0.07\n1.0 x 1 sda R -1 0 0.1\n`;
    expect(ofText(text)).toEqual({
      requests: ['write 6703390720 4096', 'read 4096 512'],
      bad: [4],
      volumes: ['xvda1=2'],
    });
    expect(
      ofText(`${head.replace('LAT', 'QUE(ms) LAT')}1 c 1 sda R 1 512 0.01 0.1\n`).requests,
    ).toEqual(['read 512 512']);
  });
});

describe('tables', () => {
  const SETS: readonly [set: string, text: string, requests: readonly string[], unit: number][] = [
    [
      'MSR Cambridge',
      '128166372003061629,hm,1,Read,383496192,32768,113736\n128166372016382155,hm,1,Write,2822144,4096,2327\n',
      ['read 383496192 32768', 'write 2822144 4096'],
      1,
    ],
    [
      'Alibaba 2020',
      '419,W,8792731648,16384,1577808000000181\n725,R,59110326272,360448,1577808000000196\n',
      ['write 8792731648 16384', 'read 59110326272 360448'],
      1,
    ],
    [
      'Tencent CBS',
      '1538323200,12910952,128,0,1063\n1538323200,6338688,8,1,1627\n',
      ['read 6610407424 65536', 'write 3245408256 4096'],
      512,
    ],
    [
      'SYSTOR 2017',
      'Timestamp,Response,IOType,LUN,Offset,Size\n1456095600.1,0.02,R,2,74448896,4096\n1456095600.2,,,2,0,0\n1456095600.3,0.1,W,2,4096,512\n',
      ['read 74448896 4096', 'write 4096 512'],
      1,
    ],
    [
      'SPC',
      '0,303567,3584,w,0.000000\n1,1209856,7168,R,0.026214\n',
      ['write 155426304 3584', 'read 619446272 7168'],
      512,
    ],
    [
      'FIU',
      '0 4892 syslogd 904265560 8 W 6 0 531e779abc\n39064 2559 kjournald 926858672 8 R 6 0 4fd0c43\n',
      ['write 462983966720 4096', 'read 474551640064 4096'],
      512,
    ],
    [
      'MQSim',
      '4851300 0 6008304 8 1\n12019400 0 11013080 16 0\n',
      ['read 3076251648 4096', 'write 5638696960 8192'],
      512,
    ],
  ];

  test.for(SETS)('of %s are known by their shape', ([set, text, requests, unit]) => {
    const format = guessed(encoder.encode(text));
    expect(format).toMatchObject({ name: 'csv', set, layout: { offsetUnit: unit } });
    expect(ofText(text)).toMatchObject({ requests, bad: [] });
  });

  it('are read by the names of their columns, or by what is in them', () => {
    expect(ofText('op;size;lba\nR;8;2049\nW;3;77\n').requests).toEqual([
      'read 1049088 4096',
      'write 39424 1536',
    ]);
    expect(ofText('17\tread\t1048576\t4096\n18\twrite\t8192\t512\n').requests).toEqual([
      'read 1048576 4096',
      'write 8192 512',
    ]);
  });

  it('are read as the user says', () => {
    const text = encoder.encode('9,4096,512,0,a\n9,512,512,1,b\nx,y,z,0,a\n');
    const parse = (words: string): WorkloadFormat => {
      const parsed = parseFormat(words, guessFormat(text));
      if (!parsed.ok) throw new Error(parsed.message);
      return parsed.value;
    };
    const words = 'csv:offset=2,length=3,op=4,volume=5,offset-unit=1,length-unit=1,zero=write';
    expect(found(text, parse(words))).toEqual({
      requests: ['write 4096 512', 'read 512 512'],
      bad: [3],
      volumes: ['a=1', 'b=1'],
    });
    expect(found(text, parse(words), 'b').requests).toEqual(['read 512 512']);
    expect(
      parse('csv:offset=2,length=3,separator=comma,offset-unit=512,length-unit=512'),
    ).toMatchObject({
      layout: { offset: 1, length: 2, offsetUnit: 512 },
    });
  });

  it('say what is wrong with a format', () => {
    const message = (words: string): string => {
      const parsed = parseFormat(words, undefined);
      return parsed.ok ? 'ok' : parsed.message;
    };
    expect(message('xml')).toBe(
      "there is no format 'xml', expected one of fio, blkparse, qemu, biosnoop, csv, operations",
    );
    expect(message('csv')).toContain('offset=N,length=N');
    expect(message('csv:offset=0')).toBe("csv: offset is '0', expected the number of a column");
    expect(message('csv:colour=1')).toContain("there is no 'colour'");
    expect(message('blkparse:action=X')).toBe('blkparse takes action=Q|D|C, found action=X');
    expect(message('fio:a=b')).toBe('fio takes no settings, found a=b');
  });
});

describe('operations of the simulator', () => {
  it('are read as the simulator reads them', () => {
    const numbers = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 31 - 512 }).map(String),
      fc.constantFrom('64K', '1M', '0x1000', '1.5k', '512'),
    );
    const lines = fc.oneof(
      fc
        .tuple(fc.constantFrom('write', 'discard', 'write-zeroes'), numbers, numbers)
        .map((w) => w.join(' ')),
      fc.tuple(numbers, numbers).map(([a, b]) => `write-zeroes ${a} ${b} unmap`),
      fc.constantFrom('flush', 'write 1', 'flush 2', 'write x y', 'erase 1 2'),
    );
    fc.assert(
      fc.property(lines, (line) => {
        const theirs = parseSimulatedOperation(line);
        const { requests, bad } = found(encoder.encode(line), { name: 'operations' });
        expect(bad).toEqual(theirs.ok ? [] : [1]);
        if (theirs.ok)
          expect(requests).toEqual([
            theirs.value.type === 'flush'
              ? 'flush 0 0'
              : operationText(theirs.value).replace(
                  /^write-zeroes (.*) unmap$/,
                  'write-zeroes-unmap $1',
                ),
          ]);
      }),
    );
    expect(ofText('read 4K 512\nclose\nsnapshot-create a b\n')).toMatchObject({
      requests: ['read 4096 512'],
      bad: [],
    });
  });
});

describe('what is no workload', () => {
  const fio: WorkloadFormat = { name: 'fio' };

  it('is told at once', () => {
    expect(guessFormat(new Uint8Array(100_000))).toBeUndefined();
    expect(
      guessFormat(Uint8Array.from({ length: 9000 }, (_, i) => (i * 7919) % 251)),
    ).toBeUndefined();
    expect(guessFormat(encoder.encode('a'.repeat(70_000)))).toBeUndefined();
    expect(guessFormat(encoder.encode('Dear all,\nhello\n'))).toBeUndefined();
    expect(guessFormat(new Uint8Array())).toBeUndefined();
  });

  it('is given up, and a line without end is one bad line', () => {
    const batch = new RequestBatch();
    const reader = new LineReader(lineFormat(fio, undefined), batch);
    const chunk = new Uint8Array(2 ** 20);
    for (let i = 0; i < 1024 && !reader.isHopeless; i++) reader.push(chunk);
    expect(reader.isHopeless).toBe(true);
    reader.push(encoder.encode('\nfio version 2 iolog\n/d read 0 512\n'));
    reader.end();
    expect(reader).toMatchObject({ badLines: 1, firstBad: [1], requests: 1, lines: 3 });
  });

  it('may have numbers of any size', () => {
    const lines = [
      '18446744073709551616 512',
      '9007199254740992 512',
      '-1 512',
      '0 4294967296',
      '1e3 5',
    ];
    const text = `fio version 2 iolog\n${lines.map((line) => `/d read ${line}\n`).join('')}/d read 9007199254740991 1\n`;
    expect(ofText(text)).toMatchObject({
      requests: ['read 9007199254740991 1'],
      bad: [2, 3, 4, 5, 6],
    });
    const sectors = '8,0 0 2 0.0 1 Q R 9007199254740991 + 8 [x]\n';
    expect(ofText(sectors)).toMatchObject({ requests: [], bad: [1] });
  });

  it('is never fatal, whatever the bytes', () => {
    const formats: readonly WorkloadFormat[] = [
      fio,
      { name: 'blkparse', action: 'Q' },
      { name: 'qemu', events: 'qcow2' },
      { name: 'biosnoop' },
      { name: 'operations' },
      ...['comma', 'blank'].map((separator) => ({
        name: 'csv' as const,
        layout: {
          separator: separator === 'comma' ? ('comma' as const) : ('blank' as const),
          ...{ offset: 40, length: 1, operation: 2, volume: 3 },
          ...{ offsetUnit: 512, lengthUnit: 1, zero: 'read' as const },
        },
      })),
    ];
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(...formats),
        fc.integer({ min: 1, max: 64 }),
        (bytes, format, chunk) => {
          expect(found(bytes, format, undefined, chunk)).toEqual(found(bytes, format));
          guessFormat(bytes);
        },
      ),
    );
  });
});

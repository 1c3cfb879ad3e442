import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ParseResult } from '../../../src/core/size.js';
import { TraceSession } from '../../../src/core/overlap/traceSession.js';

const FOLDER = new URL('../../vectors/overlap/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl.gz'));

const linesOf = (file: string): string[] =>
  gunzipSync(readFileSync(new URL(file, FOLDER)))
    .toString('utf8')
    .trimEnd()
    .split('\n');

function operationOf(line: string): string {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed === 'object' && parsed !== null && 'op' in parsed) return String(parsed.op);
  throw new Error(`a trace line without an operation: ${line}`);
}

function valueOf<T>(parsed: ParseResult<T>): T {
  if (parsed.ok) return parsed.value;
  throw new Error(parsed.message);
}

describe('the recorded traces of the reference', () => {
  it('are all there', () => {
    expect(files).toHaveLength(26);
    expect(files.filter((name) => name.endsWith('-evict.jsonl.gz'))).toHaveLength(13);
    expect(files.filter((name) => name.endsWith('-fail.jsonl.gz'))).toHaveLength(13);
    expect(files.reduce((lines, file) => lines + linesOf(file).length, 0)).toBe(16806);
  });

  for (const file of files)
    it(`${file}: every field of every line`, () => {
      const session = new TraceSession(file.includes('-evict') ? 'evict' : 'fail');
      for (const line of linesOf(file))
        expect(JSON.stringify(valueOf(session.apply(operationOf(line))))).toBe(line);
    });
});

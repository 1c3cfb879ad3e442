import { writeFileSync } from 'node:fs';

type Body = () => void | Promise<void>;

/** What scripts/lib/hostTests.mjs reads when the extension host has ended. */
interface Results {
  passed: number;
  failed: number;
  skipped: string[];
  /** For people. */
  readonly lines: string[];
}

/** For what never ends: far from what any machine needs. */
const MINUTES = 5;
let awaited = 'nothing';
const lines: string[] = [];
const tests: { readonly name: string; readonly body: Body }[] = [];

/** Thrown by a test whose tools are not installed. */
export class Missing extends Error {}

/** Registers a test; they run one after another, in this order. */
export function test(name: string, body: Body): void {
  tests.push({ name, body });
}

/** Says what the test that runs is waiting for, should it wait in vain. */
export function waitsFor(what: string): void {
  awaited = what;
}

/** Says what a test has measured. */
export function report(measured: string): void {
  lines.push(`    ${measured}`);
}

/** Runs every test that has been registered, and writes what came out to QCOW2_LENS_RESULTS. */
export async function runTests(): Promise<void> {
  const results: Results = { passed: 0, failed: 0, skipped: [], lines };
  for (const { name, body } of tests) {
    const start = performance.now();
    const outcome = await Promise.race([attempt(body), tooLate()]);
    const time = `${(performance.now() - start).toFixed(0)} ms`;
    if (outcome instanceof Missing) {
      results.skipped.push(`${name}: ${outcome.message}`);
    } else if (outcome === undefined) {
      results.passed++;
      lines.push(`  ✓ ${name} (${time})`);
    } else {
      results.failed++;
      lines.push(`  ✗ ${name} (${time})\n${outcome.stack ?? outcome.message}`);
    }
  }
  const file = process.env.QCOW2_LENS_RESULTS;
  if (file !== undefined) writeFileSync(file, JSON.stringify(results));
  if (results.failed > 0) throw new Error(`${results.failed} failed`);
}

async function attempt(body: Body): Promise<Error | undefined> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const tooLate = (): Promise<Error> =>
  new Promise((resolve) => {
    setTimeout(() => {
      resolve(new Error(`not done after ${MINUTES} minutes; last waited for ${awaited}`));
    }, MINUTES * 60_000);
  });

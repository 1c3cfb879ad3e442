/**
 * What a suite found. A suite of one command counts as one test.
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 * @property {readonly string[]} skipped why something could not run; a failure where CI is set
 * @property {readonly string[]} [failures] a line each, for the summary
 * @property {string} [output] what it said, where it did not print that itself
 * @property {boolean} [broken] what needs this suite cannot run either
 */

/**
 * @typedef {object} Suite
 * @property {string} name as on the command line of scripts/test.mjs
 * @property {string} [needs] a suite whose being broken this one could only tell again, slowly
 * @property {boolean} [beside] it takes one core, prints nothing itself, and can run beside others such
 * @property {(options: Options) => Promise<Outcome>} run
 */

/** @typedef {{ readonly cases: string | undefined }} Options */

/** @type {(ok: boolean, output?: string) => Outcome} */
export const oneTest = (ok, output = '') => ({
  ...{ passed: ok ? 1 : 0, failed: ok ? 0 : 1 },
  ...{ skipped: [], output },
});

/** @type {(why: string) => Outcome} */
export const skipped = (why) => ({ passed: 0, failed: 0, skipped: [why] });

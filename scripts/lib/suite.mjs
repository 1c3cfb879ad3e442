/**
 * What a suite found. A suite of one command counts as one test.
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 * @property {readonly string[]} skipped why something could not run; a failure where CI is set
 * @property {readonly string[]} [failures] a line each, for the summary
 * @property {boolean} [broken] what needs this suite cannot run either
 */

/**
 * @typedef {object} Suite
 * @property {string} name as on the command line of scripts/test.mjs
 * @property {string} [needs] a suite whose being broken this one could only tell again, slowly
 * @property {(options: Options) => Promise<Outcome>} run
 */

/** @typedef {{ readonly cases: string | undefined }} Options */

/** @type {(ok: boolean) => Outcome} */
export const oneTest = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [] });

/** @type {(why: string) => Outcome} */
export const skipped = (why) => ({ passed: 0, failed: 0, skipped: [why] });

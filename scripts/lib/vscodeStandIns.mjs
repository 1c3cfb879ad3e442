import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The two of VS Code's native modules that npm has no binaries of and would have to compile. VS Code
 * can do without either; with these it need not complain of it. (Its file watcher and its terminal
 * come with binaries.)
 * @type {Readonly<Record<string, string>>}
 */
const STAND_INS = {
  // Writes log files.
  '@vscode/spdlog': `const { appendFile, mkdirSync } = require('node:fs');
const { dirname } = require('node:path');
const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];
class Logger {
  constructor(type, name, file) {
    Object.assign(this, { file, level: 2, plain: false });
  }
  log(level, text) {
    if (level < this.level) return;
    const head = this.plain ? '' : \`\${new Date().toISOString()} [\${LEVELS[level]}] \`;
    appendFile(this.file, \`\${head}\${text}\\n\`, () => {});
  }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  setPattern() {}
  clearFormatters() { this.plain = true; }
  flush() {}
  drop() {}
}
LEVELS.slice(0, 6).forEach((name, level) => {
  const method = name === 'warning' ? 'warn' : name;
  Logger.prototype[method] = function (text) { this.log(level, text); };
});
const create = async (name, file) => {
  mkdirSync(dirname(file), { recursive: true });
  return new Logger('', name, file);
};
module.exports = {
  version: 0,
  setLevel() {},
  setFlushOn() {},
  Logger,
  createRotatingLogger: create,
  createAsyncRotatingLogger: create,
};
`,
  // Ends an extension host that hangs after its parent has died. guard.mjs ends them all.
  '@vscode/native-watchdog': `module.exports = {
  start() {},
  exit(code) { process.exit(code ?? 0); },
};
`,
};

/**
 * Puts them in the places of the modules.
 * @param {string} modules the node_modules of VS Code's server
 */
export function writeStandIns(modules) {
  for (const [name, code] of Object.entries(STAND_INS)) {
    writeFileSync(join(modules, name, 'index.js'), code);
  }
}

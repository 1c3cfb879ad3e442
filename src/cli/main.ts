#!/usr/bin/env node
import { FileSource } from '../node/fileSource.js';
import { commandsFor } from './commands.js';
import { processOutput } from './frame/output.js';
import { run } from './run.js';

/** That of package.json, put here by the bundler. */
declare const QCOW2_LENS_VERSION: string;

const words = process.argv.slice(2);
const context = { output: processOutput, open: (path: string) => FileSource.open(path) };
process.exitCode = run(words, QCOW2_LENS_VERSION, context, await commandsFor(words.at(0)));

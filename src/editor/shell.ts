import type { Shell } from '../core/shell.js';

/** The shell that people use where the images are. */
export const usualShell = (): Shell => (process.platform === 'win32' ? 'powershell' : 'bash');

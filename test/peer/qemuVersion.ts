import { tmpdir } from 'node:os';
import { qemu } from './qemu.js';

/** Which QEMU is compared with. */
interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
}

let known: QemuVersion | undefined;

/** Version of the qemu-img that the tests run: the first on the PATH. */
export function qemuVersion(): QemuVersion {
  known ??= parseQemuVersion(qemu('qemu-img', ['--version'], tmpdir()));
  return known;
}

/** Reads what `qemu-img --version` prints; throws when there is no version in it. */
function parseQemuVersion(text: string): QemuVersion {
  const found = /\bversion (\d+)\.(\d+)\.(\d+)/.exec(text);
  if (!found) throw new Error(`no version of QEMU: ${text}`);
  const [major, minor, micro] = found.slice(1).map(Number);
  return { major, minor, micro };
}

/** Whether that QEMU is of this version, or a later one. */
export function isAtLeast(major: number, minor: number, micro = 0): boolean {
  const version = qemuVersion();
  if (version.major !== major) return version.major > major;
  if (version.minor !== minor) return version.minor > minor;
  return version.micro >= micro;
}

/** The same of a version as text, `10.2` or `11.1.3`. */
export function isAtLeastText(version: string): boolean {
  const [major = 0, minor = 0, micro = 0] = version.split('.').map(Number);
  return isAtLeast(major, minor, micro);
}

/** As `7.2.22`. */
export function versionText({ major, minor, micro }: QemuVersion): string {
  return [major, minor, micro].join('.');
}

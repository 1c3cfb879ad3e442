import { type Random } from '../random.js';

const WORDS =
  'GET POST index.html 200 304 404 INFO WARN nginx systemd[1]: started session user root kernel: ' +
  'usb eth0 link up commit rows affected SELECT INSERT http https localhost 127.0.0.1';

/** `count` texts of `length` bytes that look and compress like logs, some better than others. */
export function logTexts(random: Random, count: number, length: number): Uint8Array[] {
  const words = WORDS.split(' ');
  return Array.from({ length: count }, () => {
    const lines = Array.from({ length: random.between(20, 300) }, () =>
      Array.from({ length: random.between(3, 12) }, () => random.pick(words)).join(' '),
    );
    const text = new TextEncoder().encode(lines.join('\n'));
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += text.length) bytes.set(text.subarray(0, length - at), at);
    return bytes;
  });
}

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StackDistances } from '../../src/core/caches/stackDistances.js';
it('x', () => {
  fc.assert(fc.property(fc.array(fc.record({ t: fc.nat(40), c: fc.integer({ min: 1, max: 3 }) }), { maxLength: 6000, minLength: 3000 }), (l) => {
    const s = new StackDistances();
    for (const { t, c } of l) s.use(t * 4096, c);
    const h = s.hitsBySlots();
    for (const slots of [1, 2, 3, 5, 10, 20, 30, 41]) {
      let lru: number[] = []; let hits = 0;
      for (const { t, c } of l) { if (lru.includes(t)) { hits += c; lru = lru.filter((x) => x !== t); } else { hits += c - 1; if (lru.length === slots) lru.shift(); } lru.push(t); }
      expect(h[Math.min(slots, h.length - 1)]).toBe(hits);
    }
  }), { numRuns: 20 });
  const s = new StackDistances(); let x = 1; const n = 32768; const N = 3e6;
  const keys = Int32Array.from({ length: N }, () => (x = (Math.imul(x, 1103515245) + 12345) >>> 0) % n);
  const t0 = performance.now(); for (const k of keys) s.use(k, 1); console.log(N / (performance.now() - t0) / 1e3, 'M/s');
});

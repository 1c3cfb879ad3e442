import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRESH, readViewState, type ViewState } from '../../../webview/state/viewState.js';
import { guestCluster, hostCluster } from '../../../src/core/units.js';

describe('kept state', () => {
  it('comes back as it was kept', () => {
    const state: ViewState = {
      version: 1,
      camera: { view: 'guest', curve: 'rows', arrangement: undefined, x: 12.5, y: 3, scale: 0.25 },
      picture: { view: 'guest', layer: 'fragmentation' },
      selected: hostCluster(20512),
      history: { places: [hostCluster(3), hostCluster(20512), hostCluster(7)], at: 1 },
      guest: guestCluster(77),
      pane: { open: false, width: 420, tab: 'findings' },
      simulation: { operations: ['write 0 64K'], engine: 'structures', cache: 'writeback' },
      windows: false,
      density: true,
      beside: true,
      lab: { cache: 'writeback' },
    };
    expect(readViewState(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  it('is fresh for a new panel, and for another version', () => {
    expect(readViewState(null)).toBe(FRESH);
    expect(readViewState(undefined)).toBe(FRESH);
    expect(readViewState({ version: 2, selected: 5 })).toBe(FRESH);
  });

  it('shows the windows where nothing else was kept', () => {
    expect(readViewState({ version: 1, selected: 5 }).windows).toBe(true);
    expect(readViewState({ version: 1, windows: 'no' }).windows).toBe(true);
  });

  it('drops what makes no sense and keeps the rest', () => {
    const state = readViewState({
      version: 1,
      camera: { view: 'host', curve: 'hilbert', x: NaN, y: 0, scale: 1 },
      picture: { view: 'guests', layer: 'toString' },
      selected: -1,
      guest: 0.5,
      pane: { open: true, width: 'wide', tab: 'nowhere' },
      simulation: { operations: ['flush', 5], engine: 'none', cache: 1 },
    });
    expect(state).toEqual(FRESH);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (kept) => {
        expect(readViewState(kept).version).toBe(1);
        expect(
          readViewState({
            version: 1,
            camera: kept,
            pane: kept,
            selected: kept,
            windows: kept,
            picture: kept,
            simulation: kept,
          }).version,
        ).toBe(1);
      }),
    );
  });
});

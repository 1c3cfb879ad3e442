import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { guestClusterDetail } from '../../src/core/guest/clusterDetail.js';
import type { ownersOf } from '../../src/core/inspect/findOwners.js';
import type { Place } from '../../src/core/inspect/locate.js';
import type { Owner } from '../../src/core/map/owner.js';
import type {
  Bytes,
  GuestCluster,
  GuestOffset,
  HostCluster,
  HostOffset,
} from '../../src/core/units.js';
import {
  bytes,
  clusterOf,
  guestCluster,
  guestOffset,
  hostCluster,
  hostOffset,
  offsetOf,
} from '../../src/core/units.js';
import type { Answer, Query } from '../../src/protocol/questions.js';
import type { FromWebview, ToWebview } from '../../src/protocol/webviewMessages.js';
import { parseSimulatedOperation } from '../../src/core/simulate/copy/operation.js';

/** A unit each, by name. */
interface Units {
  readonly hostOffset: HostOffset;
  readonly guestOffset: GuestOffset;
  readonly hostCluster: HostCluster;
  readonly guestCluster: GuestCluster;
  readonly bytes: Bytes;
}

/** Names of units that may be taken for another one, and of those that any number may be taken for. */
type Taken = {
  [A in keyof Units]: {
    [B in keyof Units]: A extends B ? never : Units[A] extends Units[B] ? [A, B] : never;
  }[keyof Units];
}[keyof Units];
type Anything = { [A in keyof Units]: number extends Units[A] ? A : never }[keyof Units];

describe('a unit', () => {
  it('is taken for no other one, and no number for it; but it is a number', () => {
    expectTypeOf<Taken>().toBeNever();
    expectTypeOf<Anything>().toBeNever();
    expectTypeOf<Units[keyof Units]>().toExtend<number>();
    expectTypeOf(hostOffset(4) + guestOffset(4)).toEqualTypeOf<number>();
  });

  it('is made of plain numbers alone', () => {
    expect(hostOffset(bytes(3) + 4)).toBe(7);
    // @ts-expect-error a guest offset is no host offset
    expect(hostOffset(guestOffset(7))).toBe(7);
    // @ts-expect-error a host cluster is no guest cluster
    expect(guestCluster(hostCluster(7))).toBe(7);
    // @ts-expect-error a cluster is no offset
    expect(guestOffset(guestCluster(7))).toBe(7);
  });

  it('goes from offset to cluster and back on its own side', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 9, max: 21 }), (number, bits) => {
        const sizes = { clusterSize: 2 ** bits };
        const cluster: HostCluster = clusterOf(hostOffset(number), sizes);
        const start: HostOffset = offsetOf(cluster, sizes);
        expect(start <= number && number < start + sizes.clusterSize).toBe(true);
        const guest: GuestCluster = clusterOf(guestOffset(number), sizes);
        const guestStart: GuestOffset = offsetOf(guest, sizes);
        expect(guestStart).toBe(start);
        // @ts-expect-error the guest's cluster is not one of the file
        const swapped: HostCluster = clusterOf(guestOffset(number), sizes);
        expect(swapped).toBe(cluster);
      }),
    );
  });
});

describe('a door', () => {
  it('of the questions takes the place that it asks about, and no other', () => {
    expectTypeOf<Query<'cluster'>['cluster']>().toEqualTypeOf<HostCluster>();
    expectTypeOf<Query<'mapped'>['cluster']>().toEqualTypeOf<HostCluster>();
    expectTypeOf<Query<'guestCluster'>['cluster']>().toEqualTypeOf<GuestCluster>();
    expectTypeOf<Query<'next'>['from']>().toEqualTypeOf<HostCluster | undefined>();
    expectTypeOf<Query<'ranges'>['at']>().toEqualTypeOf<HostCluster | undefined>();
    type Asked = Query<'locate'>['place'];
    expectTypeOf<Extract<Asked, { type: 'host' }>['offset']>().toEqualTypeOf<HostOffset>();
    expectTypeOf<Extract<Asked, { type: 'guest' }>['offset']>().toEqualTypeOf<GuestOffset>();
    expectTypeOf<Extract<Asked, { type: 'cluster' }>['cluster']>().toEqualTypeOf<HostCluster>();
    // @ts-expect-error a guest offset where one of the file is asked for
    const place: Place = { type: 'host', offset: guestOffset(0) };
    expect(place.type).toBe('host');
  });

  it('of the answers says what it gives', () => {
    expectTypeOf<Answer<'cluster'>['offset']>().toEqualTypeOf<HostOffset>();
    expectTypeOf<Answer<'guestCluster'>['guestOffset']>().toEqualTypeOf<GuestOffset>();
    expectTypeOf<Answer<'guestCluster'>['hostClusters'][number]>().toEqualTypeOf<HostCluster>();
    expectTypeOf<Answer<'guestCluster'>['dataLength']>().toEqualTypeOf<Bytes>();
    expectTypeOf<Answer<'mapped'>['runs'][number]['cluster']>().toEqualTypeOf<HostCluster>();
    expectTypeOf<Answer<'findings'>['findings'][number]['offset']>().toEqualTypeOf<HostOffset>();
    type L2Entry = Extract<Owner, { type: 'l2-entry' }>;
    expectTypeOf<L2Entry['guestOffset']>().toEqualTypeOf<GuestOffset>();
    expectTypeOf<L2Entry['entryOffset']>().toEqualTypeOf<HostOffset>();
  });

  it('of the core takes clusters of its side', () => {
    expectTypeOf<Parameters<typeof ownersOf>[1]>().toEqualTypeOf<HostCluster>();
    expectTypeOf<Parameters<typeof guestClusterDetail>[2]>().toEqualTypeOf<GuestCluster>();
  });

  it('of a simulation tells where in the file or on the disk it writes', () => {
    const read = parseSimulatedOperation('write 64K 512');
    if (!read.ok) throw new Error(read.message);
    type Zeroes = Extract<typeof read.value, { type: 'write-zeroes' }>;
    type HostWrite = Extract<typeof read.value, { type: 'host-write' }>;
    expectTypeOf<Zeroes['offset']>().toEqualTypeOf<GuestOffset>();
    expectTypeOf<HostWrite['offset']>().toEqualTypeOf<HostOffset>();
    expectTypeOf<HostWrite['length']>().toEqualTypeOf<Bytes>();
    expect(read.value).toEqual({ type: 'write', offset: 65_536, length: 512 });
  });

  it('between host and webview carries places of the file', () => {
    type Hex = Extract<FromWebview, { type: 'openHex' }>;
    type Reveal = Extract<ToWebview, { type: 'reveal' }>;
    expectTypeOf<Hex['offset']>().toEqualTypeOf<HostOffset>();
    expectTypeOf<Reveal['cluster']>().toEqualTypeOf<HostCluster>();
  });
});

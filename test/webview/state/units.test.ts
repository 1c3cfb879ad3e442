import { expectTypeOf, it } from 'vitest';
import {
  guestCluster,
  type GuestCluster,
  hostCluster,
  type HostCluster,
  type HostOffset,
} from '../../../src/core/units.js';
import type { HostActions } from '../../../webview/state/hostActions.js';
import type { Selection } from '../../../webview/state/selection.js';
import type { Store } from '../../../webview/state/store.js';

const hostPlace = hostCluster(5);
const guestPlace = guestCluster(5);

it('the map and the selection tell clusters of the file from those of the guest', () => {
  expectTypeOf<Parameters<Selection['goTo']>[0]>().toEqualTypeOf<HostCluster>();
  expectTypeOf<Parameters<Selection['reveal']>[0]>().toEqualTypeOf<HostCluster>();
  expectTypeOf<Parameters<Selection['showGuest']>[0]>().toEqualTypeOf<GuestCluster>();
  expectTypeOf<Parameters<Selection['selectGuest']>[0]>().toEqualTypeOf<GuestCluster>();
  expectTypeOf<Parameters<Store['selectOnMap']>[0]>().toEqualTypeOf<HostCluster | undefined>();
  expectTypeOf<Parameters<HostActions['openHex']>[0]>().toEqualTypeOf<HostOffset>();
  expectTypeOf<Store['reveal']>().toBeCallableWith(hostPlace, 'host');
  // @ts-expect-error a cluster of the guest is not to be looked for in the file
  expectTypeOf<Store['reveal']>().toBeCallableWith(guestPlace, 'host');
  // @ts-expect-error nor the other way round
  expectTypeOf<Store['reveal']>().toBeCallableWith(hostPlace, 'guest');
});

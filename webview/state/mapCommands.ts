import type { MapCommand, PictureFormat } from '../../src/protocol/webviewMessages.js';
import type { GuestCluster, HostCluster } from '../../src/core/units.js';

/** What the map does when it is told to. */
export interface MapCommands {
  run(command: MapCommand): void;
  reveal(cluster: HostCluster, view: 'host'): void;
  reveal(cluster: GuestCluster, view: 'guest'): void;
  /** Looks at a cluster of the picture shown from close by. */
  lookAt(cluster: number): void;
  /** Shows a cluster for the time being; undefined goes back to where one was. */
  preview(cluster: HostCluster | undefined): void;
  /** The view as a picture, with its legend. */
  picture(format: PictureFormat): Promise<Blob>;
}

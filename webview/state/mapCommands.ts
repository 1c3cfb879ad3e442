import type { View } from '../../src/core/picture/layer.js';
import type { Stretch } from '../../src/core/picture/stretch.js';
import type { MapCommand, PictureFormat } from '../../src/protocol/webviewMessages.js';
import type { GuestCluster, HostCluster } from '../../src/core/units.js';

/** What the map does when it is told to. */
export interface MapCommands {
  run(command: MapCommand): void;
  /** Brings a cluster into view, once its view is there. */
  show(cluster: HostCluster | GuestCluster, view: View): void;
  /** Looks at a cluster of the picture shown from close by. */
  lookAt(cluster: number): void;
  /** Brings a range of clusters of the picture shown into view, from as near as that can be. */
  showRange(range: Stretch): void;
  /** Shows a cluster for the time being; undefined goes back to where one was. */
  preview(cluster: HostCluster | undefined): void;
  /** The view as a picture, with its legend. */
  picture(format: PictureFormat): Promise<Blob>;
}

import type { View } from '../../src/core/picture/layer.js';
import type { MapCommand, PictureFormat } from '../../src/protocol/webviewMessages.js';

/** What the map does when it is told to. */
export interface MapCommands {
  run(command: MapCommand): void;
  reveal(cluster: number, view: View): void;
  /** Looks at a cluster of the picture shown from close by. */
  lookAt(cluster: number): void;
  /** Shows a cluster for the time being; undefined goes back to where one was. */
  preview(cluster: number | undefined): void;
  /** The view as a picture, with its legend. */
  picture(format: PictureFormat): Promise<Blob>;
}

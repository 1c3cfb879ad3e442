import type { JSX } from 'preact';
import { dataInClusters, requiredSize, USUAL_IMAGE } from '../../../src/core/space/newImage.js';
import { Row } from '../../parts/row.js';
import { commandLine, Commands, fileName } from '../../parts/commands.js';
import type { KnownSpace } from '../../parts/whatIf.js';
import { wholeContents } from './wholeContents.js';
import type { Store } from '../../state/store.js';
import { size } from '../../text/text.js';

interface Props {
  readonly store: Store;
  readonly answer: KnownSpace;
}

/** What `qemu-img convert` would make, and how far this file can grow. */
export function NewFile({ store, answer }: Props): JSX.Element {
  const { convert, file } = answer;
  const contents = wholeContents(store, answer);
  const geometry = store.geometry.value;
  const isBacked = geometry?.backingFile !== undefined;
  const required =
    convert.required ??
    (contents && geometry
      ? requiredSize(
          geometry.virtualSize,
          dataInClusters(contents.data, USUAL_IMAGE.clusterSize),
          USUAL_IMAGE,
        )
      : undefined);
  const options = (convert.bitmaps ?? 0) > 0 ? ' --bitmaps' : '';
  return (
    <section aria-labelledby="new-file">
      <h2 class="section-title" id="new-file">
        A new file, and this one when it is full
      </h2>
      <dl class="space-rows">
        <Row name="new file, as filled now, at most">
          {required === undefined ? 'not known' : size(required)}
        </Row>
        <Row name="new file, whole disk written">{size(convert.fullyAllocated)}</Row>
        {convert.bitmaps !== undefined && convert.bitmaps > 0 && (
          <Row name="and for bitmaps">{size(convert.bitmaps)}</Row>
        )}
        <Row name="this file, whole disk written, at most">{size(file.fullyWritten)}</Row>
      </dl>
      {required === undefined && (
        <p class="dim space-note">
          {isBacked
            ? 'What the backing files hold would be in a new file too: read the chain.'
            : 'The map of the disk is damaged.'}
        </p>
      )}
      <p class="dim space-note">
        A new file has no snapshots{isBacked ? ', and needs no backing file' : ''}.
      </p>
      {geometry?.encryption === 'none' && (
        <Commands
          store={store}
          lines={[
            commandLine(
              store,
              `qemu-img convert -p -O qcow2${options}`,
              fileName(store),
              'new.qcow2',
            ),
          ]}
        />
      )}
    </section>
  );
}

import type { JSX } from 'preact';
import type { Store } from '../../state/store.js';
import { treeOf } from './openTree.js';
import { clusterOf } from '../../../src/core/units.js';
import { peekAt } from '../../state/peekState.js';
import { plural } from '../../text/text.js';
import { Icon } from '../../parts/icon.js';
import { OffsetLink } from '../../parts/offsetLink.js';
import { Row } from '../../parts/row.js';
import { clean } from '../../../src/core/text.js';
import { hex } from '../../../src/core/bytes.js';
import { CopyButton, HexButton } from '../../parts/offsetButtons.js';

interface Props {
  readonly store: Store;
}

interface DetailsProps extends Props {
  /** Of the tree: tells that the selected line may have become another. */
  readonly version: number;
}

/** All of the selected line of the tree: what is cut off there, its bytes, what is wrong. */
export function NodeDetails({ store }: DetailsProps): JSX.Element | null {
  const tree = treeOf(store);
  const node = tree.selected === undefined ? undefined : tree.row(tree.selected).node;
  if (!node) return null;
  const { label, value, raw, offset, size, target, trouble } = node;
  return (
    <section class="node-details" aria-label="Details">
      <p class="node-title">
        <strong>{clean(label)}</strong> {clean(value)}
      </p>
      {trouble !== undefined && (
        <p class="node-trouble">
          <Icon name="warning" />
          <span>{clean(trouble)}</span>
        </p>
      )}
      <dl>
        {offset !== undefined && (
          <Row name="Offset">
            <OffsetLink store={store} offset={offset} />
            {size !== undefined && <span class="dim">{plural(size, 'byte')}</span>}
            <CopyButton store={store} text={hex(offset)} label="Copy the host offset" />
            <HexButton store={store} offset={offset} />
            {store.selection.has(clusterOf(offset, store)) && (
              <button
                type="button"
                class="link"
                title="Show these bytes in the Cluster pane"
                onClick={() => {
                  peekAt(store, offset);
                }}
              >
                bytes
              </button>
            )}
          </Row>
        )}
        {target !== undefined && (
          <Row name="Points at">
            <OffsetLink store={store} offset={target} />
            <CopyButton store={store} text={hex(target)} label="Copy the offset it points at" />
          </Row>
        )}
        {raw !== undefined && raw !== '' && (
          <Row name="Bytes">
            <span class="mono bytes">{bytesText(raw)}</span>
            <CopyButton store={store} text={bytesText(raw)} label="Copy the bytes as hex" />
          </Row>
        )}
      </dl>
    </section>
  );
}

/** `514649fb` as `51 46 49 fb` */
export const bytesText = (raw: string): string => raw.replace(/(..)(?=.)/g, '$1 ');

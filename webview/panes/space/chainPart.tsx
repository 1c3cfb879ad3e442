import type { JSX } from 'preact';
import type { Commit } from '../../../src/core/chain/commit.js';
import { clean } from '../../../src/core/text.js';
import type { ToldLayer } from '../../../src/protocol/chain.js';
import { ChainCrumbs, LayerName, ReadChain } from '../../parts/chainCrumbs.js';
import { Icon } from '../../parts/icon.js';
import type { Store } from '../../state/store.js';
import { size } from '../../text/text.js';

interface Props {
  readonly store: Store;
}

/** Every layer of the backing chain, the top one first: what it holds, who sees it, what a commit would do. */
export function ChainPart({ store }: Props): JSX.Element | null {
  if (store.geometry.value?.backingFile === undefined) return null;
  const chain = store.chain.value;
  return (
    <section aria-labelledby="chain-title">
      <h2 class="section-title" id="chain-title">
        Backing chain
      </h2>
      {chain?.state === 'known' ? (
        <ol class="layers">
          {chain.layers.map((layer, depth) => (
            <Layer key={depth} store={store} layer={layer} depth={depth} />
          ))}
        </ol>
      ) : (
        <ChainCrumbs store={store} />
      )}
      <div class="chain-read">
        <ReadChain store={store} />
      </div>
    </section>
  );
}

interface LayerProps extends Props {
  readonly layer: ToldLayer;
  readonly depth: number;
}

function Layer({ store, layer, depth }: LayerProps): JSX.Element {
  const { naming, format, virtualSize, allocatedBytes, bytes, error, notes, commit, fold } = layer;
  const sizes = [
    format ?? 'not opened',
    virtualSize !== undefined && `disk of ${size(virtualSize)}`,
    allocatedBytes !== undefined && `takes ${size(allocatedBytes)} on this machine`,
  ].filter((part) => part !== false);
  return (
    <li class="layer">
      <p class="layer-head">
        <span class="dim">{depth}</span>
        <LayerName store={store} layer={layer} depth={depth} />
        <span class="dim">{sizes.join(' · ')}</span>
      </p>
      {naming && (
        <p class="dim">
          written as <code>{clean(naming.name)}</code>
          {naming.relativeTo !== undefined && (
            <>
              , relative to <code>{clean(naming.relativeTo)}</code>
            </>
          )}
          : <code>{clean(layer.filename)}</code>
        </p>
      )}
      {naming?.leavesFolder === true && <Warning text="outside the folder of the top image" />}
      {error !== undefined && <Warning text={error} />}
      {notes.map((note) => (
        <Warning key={note} text={note} />
      ))}
      {bytes && (
        <>
          <div class="layer-bar" aria-hidden="true">
            <span class="visible" style={{ flexGrow: bytes.visible }} />
            <span class="shadowed" style={{ flexGrow: bytes.shadowed }} />
            <span class="unreachable" style={{ flexGrow: bytes.unreachable }} />
          </div>
          <p>
            holds {size(bytes.data)}: the guest sees <strong>{size(bytes.visible)}</strong>
            {bytes.shadowed > 0 && `, ${size(bytes.shadowed)} are covered by layers above`}
            {bytes.unreachable > 0 && `, ${size(bytes.unreachable)} lie where nobody reads`}
          </p>
        </>
      )}
      {commit && <p class="dim">{commitText('Commit', commit)}</p>}
      {fold && depth > 0 && <p class="dim">{commitText('Commit of this and all above', fold)}</p>}
    </li>
  );
}

const Warning = ({ text }: { readonly text: string }): JSX.Element => (
  <p class="space-danger">
    <Icon name="warning" /> <span>{clean(text)}</span>
  </p>
);

function commitText(what: string, { written, added, overwritten, zeroed, grows }: Commit): string {
  const parts = [
    ...(added > 0 ? [`${size(added)} take new clusters there`] : []),
    ...(overwritten > 0 ? [`${size(overwritten)} are overwritten in place`] : []),
    ...(zeroed > 0 ? [`${size(zeroed)} of it become free`] : []),
    grows > 0 ? `its disk grows by ${size(grows)}` : 'its disk keeps its size',
  ];
  return `${what} into the layer below writes ${size(written)}: ${parts.join(', ')}.`;
}

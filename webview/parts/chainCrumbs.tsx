import type { JSX } from 'preact';
import { clean } from '../../src/core/text.js';
import type { ToldLayer } from '../../src/protocol/chain.js';
import type { Store } from '../state/store.js';
import { size } from '../text/text.js';
import { BackingFileLink } from './backingFileLink.js';
import { Icon } from './icon.js';

interface Props {
  readonly store: Store;
}

/** The file's own name, without its folder. */
const baseName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;

/** The backing chain from its base to this image; before it was read, as far as the header says. */
export function ChainCrumbs({ store }: Props): JSX.Element | null {
  const chain = store.chain.value;
  const facts = store.facts.value;
  const backingFile = facts?.geometry?.backingFile;
  if (backingFile === undefined) return null;
  if (chain?.state !== 'known')
    return (
      <ol class="crumbs">
        <li class="crumb">
          <BackingFileLink name={backingFile} store={store} />
        </li>
        <li class="crumb here">{clean(facts?.fileName ?? '')}</li>
      </ol>
    );
  const layers = chain.layers.map((layer, depth) => ({ layer, depth })).reverse();
  return (
    <ol class="crumbs">
      {layers.map(({ layer, depth }) => (
        <li key={depth} class={depth === 0 ? 'crumb here' : 'crumb'}>
          <LayerName store={store} layer={layer} depth={depth} />
          {layer.bytes && depth > 0 && (
            <span class="dim" title="What the guest reads from this layer">
              {size(layer.bytes.visible)}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}

interface LayerProps extends Props {
  readonly layer: ToldLayer;
  readonly depth: number;
}

/** The name of a layer, which opens it in an editor of its own. */
export function LayerName({ store, layer, depth }: LayerProps): JSX.Element {
  const isPath = !layer.filename.startsWith('json:');
  const name = clean(isPath ? baseName(layer.filename) : layer.filename);
  if (depth === 0 || layer.path === undefined)
    return <span title={clean(layer.filename)}>{name}</span>;
  return (
    <button
      type="button"
      class="link"
      title={`Open ${clean(layer.filename)}`}
      onClick={() => {
        store.actions.openLayer(depth);
      }}
    >
      {name}
    </button>
  );
}

/** Has the chain read: the host asks before it opens anything. */
export function ReadChain({ store }: Props): JSX.Element | null {
  const chain = store.chain.value;
  if (chain?.state === 'reading')
    return (
      <p class="dim" aria-busy="true">
        Reading the chain …
      </p>
    );
  const isWhole = chain?.state === 'known' && chain.refusal === undefined;
  return (
    <>
      {chain?.state === 'failed' && <p class="dim">{clean(chain.message)}</p>}
      {!isWhole && (
        <button
          type="button"
          class="button secondary with-icon"
          title="Opens the files below for reading only, and asks before it does outside the workspace"
          onClick={() => {
            store.actions.readChain();
          }}
        >
          <Icon name="layers" />
          Read the Chain
        </button>
      )}
    </>
  );
}

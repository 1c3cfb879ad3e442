import { useEffect } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Store } from '../../state/store.js';
import { placeholder, treeOf, type Row } from './openTree.js';
import { Icon } from '../../parts/icon.js';
import { inFile, showOffset } from '../../parts/offsetLink.js';
import { NodeDetails, bytesText } from './nodeDetails.js';
import { useVisibleRows } from '../../parts/useVisibleRows.js';
import type { TreeNode } from '../../../src/core/tree/node.js';
import { clean } from '../../../src/core/text.js';
import { clusterOf, type HostCluster, type HostOffset, offsetOf } from '../../../src/core/units.js';
import { treeWishOf } from '../../state/treeWish.js';
import { hex } from '../../../src/core/bytes.js';

/** CSS pixels of a row, as in tree.css. */
const ROW = 22;

interface Props {
  readonly store: Store;
}

/** Everything that the image's bytes say, as a tree of which only the rows in sight are built. */
export function TreePane({ store }: Props): JSX.Element {
  const tree = treeOf(store);
  const visible = useVisibleRows(tree.length, ROW);
  const { rows, first, last } = visible;
  const { version, selected } = tree;

  useEffect(() => {
    tree.fetch(first, last);
  }, [tree, version, first, last]);

  // The details below take more room or less with each line that is selected.
  useEffect(() => {
    if (selected !== undefined) visible.bringIntoView(selected);
  }, [selected, visible.height]);

  const wish = treeWishOf(store).value;
  useEffect(() => {
    if (wish === undefined) return;
    treeWishOf(store).value = undefined;
    void reveal(store, wish, 'No structure of the file refers to this cluster.');
  }, [store, wish]);

  // What is selected on the map is shown here too, unless the tree was what it was selected by.
  const cluster = store.selection.selected.value;
  useEffect(() => {
    if (cluster === undefined || cluster === tree.followed) return;
    tree.followed = cluster;
    if (!isAbout(tree.selectedNode, cluster, store.clusterSize))
      void reveal(store, offsetOf(cluster, store), undefined);
  }, [store, tree, cluster]);

  const select = (index: number): void => {
    tree.select(Math.max(0, Math.min(index, rows - 1)));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, visible.fitting - 1);
    if (handleKey(event, store, page, select)) event.preventDefault();
  };

  return (
    <div class="tree-pane">
      <div
        ref={visible.scroller}
        class="tree"
        role="tree"
        aria-label="Structures"
        aria-activedescendant={selected === undefined ? undefined : rowId(selected)}
        tabIndex={0}
        onScroll={() => {
          visible.measure();
        }}
        onKeyDown={onKeyDown}
        onFocus={({ currentTarget }) => {
          if (selected === undefined && currentTarget.matches(':focus-visible')) tree.select(0);
        }}
      >
        <div class="tree-space" role="presentation" style={{ height: `${rows * ROW}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((index) => (
            <TreeRow key={index} store={store} index={index} version={version} onSelect={select} />
          ))}
        </div>
      </div>
      <NodeDetails store={store} version={version} />
    </div>
  );
}

/** Opens the way to what has the byte at an offset. */
async function reveal(store: Store, offset: HostOffset, none: string | undefined): Promise<void> {
  const place = await store.rpc.ask('treePlace', { offset });
  if (place && place.length > 0) treeOf(store).reveal(place);
  else if (none !== undefined) store.navigation.say(none);
}

/** Whether a node lies in a cluster, or points there. */
function isAbout(node: TreeNode | undefined, cluster: HostCluster, clusterSize: number): boolean {
  const isIn = (offset: HostOffset | undefined): boolean =>
    offset !== undefined && clusterOf(offset, { clusterSize }) === cluster;
  return isIn(node?.offset) || isIn(node?.target);
}

const rowId = (index: number): string => `node-${index}`;

interface RowProps extends Props {
  readonly index: number;
  /** Of the tree: tells that the row may have become another. */
  readonly version: number;
  readonly onSelect: (index: number) => void;
}

function TreeRow({ store, index, onSelect }: RowProps): JSX.Element {
  const tree = treeOf(store);
  const row = tree.row(index);
  const { node, level, position, isOpen, parent } = row;
  const isSelected = tree.selected === index;
  const shown = node?.target ?? node?.offset;
  return (
    <div
      id={rowId(index)}
      class={isSelected ? 'tree-row selected' : 'tree-row'}
      role="treeitem"
      aria-level={level}
      aria-posinset={position + 1}
      aria-setsize={parent.total ?? -1}
      aria-selected={isSelected}
      aria-expanded={node?.expandable === true ? isOpen : undefined}
      title={spoken(row)}
      style={{ top: `${index * ROW}px`, paddingLeft: `${(level - 1) * 10 + 6}px` }}
      onClick={({ target }) => {
        onSelect(index);
        if (shown !== undefined && target instanceof Element && target.matches('.link'))
          showOffset(store, shown);
        else if (isOpen) tree.close(index);
        else tree.open(index);
      }}
    >
      <span class="twistie">
        {node?.expandable === true && <Icon name={isOpen ? 'chevron-down' : 'chevron-right'} />}
      </span>
      {node ? (
        <>
          {node.trouble !== undefined && <Icon name="warning" />}
          <span class="tree-label">{clean(node.label)}</span>
          <span class="tree-value">
            {node.trouble !== undefined && <span class="tree-trouble">{clean(node.trouble)}</span>}
            {!tellsTarget(node) && <span>{clean(node.value)}</span>}
          </span>
          {shown !== undefined && (
            <span class={node.target === undefined ? 'tree-offset own' : 'tree-offset'}>
              {node.target !== undefined && <Icon name="arrow-small-right" />}
              <span class={inFile(store, shown) ? 'link mono' : 'mono'}>{hex(shown)}</span>
            </span>
          )}
        </>
      ) : (
        <span class="dim">{clean(placeholder(row))}</span>
      )}
    </div>
  );
}

/** The link at the end of the row says the same. */
const tellsTarget = ({ value, target }: TreeNode): boolean =>
  target !== undefined && value === hex(target);

function spoken(row: Row): string {
  const { node } = row;
  if (!node) return placeholder(row);
  const trouble = node.trouble === undefined ? [] : [`wrong: ${node.trouble}`];
  return clean([node.label, node.value, ...trouble].join(', '));
}

/** The keys of a tree (WAI-ARIA's tree pattern), Enter to go to the map, copy for the bytes. */
function handleKey(
  event: KeyboardEvent,
  store: Store,
  page: number,
  select: (index: number) => void,
): boolean {
  const tree = treeOf(store);
  const { selected } = tree;
  if (selected === undefined || event.altKey) return false;
  const row = tree.row(selected);
  if (event.ctrlKey || event.metaKey) {
    if (event.key !== 'c' || row.node?.raw === undefined) return false;
    store.actions.copy(bytesText(row.node.raw));
    return true;
  }
  switch (event.key) {
    case 'ArrowDown':
      select(selected + 1);
      return true;
    case 'ArrowUp':
      select(selected - 1);
      return true;
    case 'PageDown':
      select(selected + page);
      return true;
    case 'PageUp':
      select(selected - page);
      return true;
    case 'Home':
      select(0);
      return true;
    case 'End':
      select(tree.length - 1);
      return true;
    case 'ArrowRight':
      if (row.isOpen) select(selected + 1);
      else tree.open(selected);
      return true;
    case 'ArrowLeft':
      if (row.isOpen) tree.close(selected);
      else if (row.parent.place) select(tree.indexOf(row.parent.place));
      return true;
    case ' ':
      if (row.isOpen) tree.close(selected);
      else tree.open(selected);
      return true;
    case 'Enter': {
      const offset = row.node?.target ?? row.node?.offset;
      if (offset !== undefined) showOffset(store, offset);
      return true;
    }
    default:
      return false;
  }
}

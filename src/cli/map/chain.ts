import { sizeText } from '../../core/numbers.js';
import { type ChainLayer, chainReport } from '../../node/chain/chainReport.js';
import { command } from '../frame/command.js';
import { jsonDocument, printPieces } from '../frame/pieces.js';
import { linesOf, type Printable, t } from '../frame/printable.js';
import { qemuInfo } from '../info/qemuInfo.js';
import { RefusalError } from '../frame/refusal.js';
import { withImage } from '../frame/subject.js';

export const chain = command({
  name: 'chain',
  summary: 'the backing chain: every layer, what the guest sees of it, and what commit would do',
  details: ['Opens the files of the chain, for reading only.'],
  options: { json: { help: 'as a JSON document, the top layer first' } },
  run: (args, context) =>
    withImage('chain', args, context, (subject) => {
      const foreign = subject.foreign();
      if (foreign !== undefined) throw new RefusalError(foreign);
      const report = chainReport(subject.source, subject.filename, context.open);
      if (report.hasChanged) subject.markChanged();
      const pieces = args.has('json')
        ? jsonDocument({ layers: report.layers.map(layerJson), ...subject.changedJson() })
        : chainText(report.layers);
      printPieces(context.output, pieces);
      if (report.refusal === undefined) return 0;
      context.output.complain(linesOf([t`qcow2-lens: ${report.refusal}`]));
      return 1;
    }),
});

function layerJson(layer: ChainLayer): object {
  const { filename, naming, file, format, virtualSize, allocatedBytes } = layer;
  return {
    ...(file?.format === 'qcow2' ? qemuInfo(file.image, filename) : { filename }),
    format: format ?? null,
    'virtual-size': virtualSize ?? null,
    'actual-size': allocatedBytes,
    exists: format !== undefined,
    name: naming?.name,
    'relative-to': naming?.relativeTo,
    'leaves-folder': naming?.leavesFolder,
    error: layer.error,
    notes: layer.notes,
    bytes: layer.bytes,
    commit: layer.commit,
    fold: layer.fold,
  };
}

function* chainText(layers: readonly ChainLayer[]): Generator<Printable, void, void> {
  for (const [depth, layer] of layers.entries()) {
    const { format, virtualSize, allocatedBytes, naming, bytes } = layer;
    const sizes =
      virtualSize === undefined
        ? ''
        : `, disk of ${sizeText(virtualSize)}${allocatedBytes === undefined ? '' : `, ${sizeText(allocatedBytes)} on this machine`}`;
    yield t`${depth}  ${layer.filename}: ${format ?? 'cannot be opened'}${sizes}\n`;
    if (naming) {
      const relativeTo =
        naming.relativeTo === undefined ? '' : `, relative to ${naming.relativeTo}`;
      yield t`   written as '${naming.name}'${relativeTo}\n`;
      if (naming.leavesFolder) yield t`   outside the folder of the top image\n`;
    }
    if (layer.error !== undefined) yield t`   ${layer.error}\n`;
    for (const note of layer.notes) yield t`   ${note}\n`;
    if (bytes)
      yield t`   data ${sizeText(bytes.data)}: the guest sees ${sizeText(bytes.visible)}, ${sizeText(bytes.shadowed)} are covered by layers above, ${sizeText(bytes.unreachable)} lie where nobody reads\n`;
    if (layer.commit) yield commitText('commit', layer.commit);
    if (layer.fold && depth > 0) yield commitText('commit of this and all above', layer.fold);
  }
}

const commitText = (what: string, commit: NonNullable<ChainLayer['commit']>): Printable =>
  t`   ${what} into the layer below: writes ${sizeText(commit.written)}, of which ${sizeText(commit.added)} take new clusters there and ${sizeText(commit.overwritten)} are overwritten in place; gives ${sizeText(commit.zeroed)} free; ${commit.grows > 0 ? `the disk below grows by ${sizeText(commit.grows)}` : 'the disk below keeps its size'}\n`;

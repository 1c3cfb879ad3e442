import { hex } from '../bytes.js';
import type { Extension } from '../qcow2/extensions.js';
import type { Image } from '../qcow2/image.js';
import { type Branch, fewChildren } from './branch.js';
import { bytesField, numberField, pointer, textField } from './fields.js';
import { countText, exactSizeText, plural } from '../numbers.js';
import { shortened, troubles } from './words.js';

/** Type word and length, in front of an extension's data. */
const PREFIX = 8;
const NAME_ROW = 48;

/** The header extensions, each with its decoded content. */
export function extensionList(image: Image): Branch[] {
  const { list, broken } = image.extensions;
  const branches = list.map((extension, index) => extensionBranch(image, extension, index));
  if (!broken) return branches;
  const { offset, message } = broken;
  const label = numberField(image.source, 'type', offset, 4, hex).value;
  return [
    ...branches,
    { key: 'broken', label, value: 'not read', offset, size: PREFIX, trouble: message },
  ];
}

function extensionBranch(image: Image, extension: Extension, index: number): Branch {
  const { offset, length } = extension;
  const problems = image.problems.filter(
    (problem) => problem.field === 'header extension' && problem.offset === offset,
  );
  return {
    key: String(index),
    ...summary(extension),
    offset: offset - PREFIX,
    size: PREFIX + length,
    trouble: troubles(...problems.map((problem) => problem.message)),
    open: () =>
      fewChildren([
        numberField(image.source, 'type', offset - PREFIX, 4, hex),
        numberField(image.source, 'length', offset - PREFIX + 4, 4, exactSizeText),
        ...content(image, extension),
      ]),
  };
}

function summary(extension: Extension): Pick<Branch, 'label' | 'value' | 'target'> {
  switch (extension.type) {
    case 'backing-format':
      return { label: 'Backing format', value: shortened(extension.name) };
    case 'feature-names':
      return { label: 'Feature names', value: plural(extension.names.length, 'name') };
    case 'bitmaps': {
      const target = pointer(extension.directoryOffset);
      return { label: 'Bitmaps', value: plural(extension.count, 'bitmap'), target };
    }
    case 'crypto': {
      const target = pointer(extension.headerOffset);
      return { label: 'Encryption header', value: exactSizeText(extension.headerLength), target };
    }
    case 'data-file':
      return { label: 'External data file', value: shortened(extension.name) };
    case 'unknown':
      return { label: `Unknown ${hex(extension.magic)}`, value: plural(extension.length, 'byte') };
  }
}

function content({ source }: Image, extension: Extension): Branch[] {
  const { offset, length } = extension;
  switch (extension.type) {
    case 'backing-format':
    case 'data-file':
      return [textField(source, 'name', offset, length)];
    case 'feature-names':
      return extension.names.map(({ kind, bit, name }, row) => ({
        ...bytesField(
          source,
          `${kind ?? 'unknown kind'} bit ${bit}`,
          offset + row * NAME_ROW,
          NAME_ROW,
        ),
        key: String(row),
        value: name,
        trouble: kind ? undefined : 'neither incompatible (0), compatible (1) nor autoclear (2)',
      }));
    case 'bitmaps':
      return [
        numberField(source, 'nb_bitmaps', offset, 4, countText),
        numberField(source, 'reserved', offset + 4, 4, (value) => ({
          value: hex(value),
          trouble: value === 0n ? undefined : 'not zero',
        })),
        numberField(source, 'bitmap_directory_size', offset + 8, 8, exactSizeText),
        numberField(source, 'bitmap_directory_offset', offset + 16, 8, (value) => ({
          value: hex(value),
          target: pointer(value),
        })),
      ];
    case 'crypto':
      return [
        numberField(source, 'offset', offset, 8, (value) => ({
          value: hex(value),
          target: pointer(value),
        })),
        numberField(source, 'length', offset + 8, 8, exactSizeText),
      ];
    case 'unknown':
      return length === 0 ? [] : [bytesField(source, 'data', offset, length)];
  }
}

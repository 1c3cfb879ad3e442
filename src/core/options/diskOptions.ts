import { GUARDED_TYPES, guardedTypes } from '../overlap/types.js';
import { CACHE_OPTION_NAMES, type CacheOptions } from '../simulate/copy/cacheOptions.js';
import { formatSize, type ParseResult, parseSize } from '../size.js';

/** The driver's options that the settings know, by QEMU's names, `overlap-check.template` and all. */
export type DiskOptions = ReadonlyMap<string, string>;

const CACHE_NAMES: readonly string[] = Object.values(CACHE_OPTION_NAMES);
const STRUCTURES = 'overlap-structures';
const STRUCTURE_SIZES = [`${STRUCTURES}.bitmap-size`, `${STRUCTURES}.total-size-limit`];
const POLICY = `${STRUCTURES}.limit-policy`;
const DISCARD = 'discard-no-unref';
const SIZES: readonly string[] = [...CACHE_NAMES, ...STRUCTURE_SIZES];
const SWITCHES: readonly string[] = [
  ...GUARDED_TYPES.map((type) => `overlap-check.${type}`),
  DISCARD,
];
const WORDS = ['overlap-check', 'overlap-check.template', POLICY];

/** Whether the settings know an option. */
export const isKnown = (name: string): boolean =>
  [SIZES, SWITCHES, WORDS].some((names) => names.includes(name));

export const isSize = (name: string): boolean => SIZES.includes(name);
export const isSwitch = (name: string): boolean => SWITCHES.includes(name);

/** QEMU's on and off, as keyval and QemuOpts read them. */
const readSwitch = (text: string): boolean | undefined =>
  ['on', 'yes', 'true', 'y'].includes(text)
    ? true
    : ['off', 'no', 'false', 'n'].includes(text)
      ? false
      : undefined;

/** What the options say, as the settings have it; of what they do not name, `undefined`. */
export interface SettingValues {
  readonly overlapCheck: string | undefined;
  readonly types: Readonly<Record<string, boolean>>;
  readonly bitmapSize: string | undefined;
  readonly totalSizeLimit: string | undefined;
  readonly limitPolicy: string | undefined;
  readonly caches: CacheOptions;
  readonly discardNoUnref: boolean;
}

/** The values of options, or QEMU's words for one that it would refuse. */
export function settingValues(options: DiskOptions): ParseResult<SettingValues> {
  const types: Record<string, boolean> = {};
  for (const [name, text] of options) {
    if (isSize(name)) {
      const size = parseSize(text, name);
      if (!size.ok) return size;
    }
    if (!isSwitch(name)) continue;
    const isOn = readSwitch(text);
    if (isOn === undefined)
      return { ok: false, message: `Parameter '${name}' expects 'on' or 'off'` };
    if (name !== DISCARD) types[name.slice('overlap-check.'.length)] = isOn;
  }
  const mode = options.get('overlap-check');
  const template = options.get('overlap-check.template');
  const guarded = guardedTypes({ mode, template });
  if (!guarded.ok) return guarded;
  const cache = (key: keyof CacheOptions): string => options.get(CACHE_OPTION_NAMES[key]) ?? '';
  return {
    ok: true,
    value: {
      overlapCheck: mode ?? template,
      types,
      bitmapSize: options.get(STRUCTURE_SIZES[0]),
      totalSizeLimit: options.get(STRUCTURE_SIZES[1]),
      limitPolicy: options.get(POLICY),
      caches: {
        cacheSize: cache('cacheSize'),
        l2CacheSize: cache('l2CacheSize'),
        l2CacheEntrySize: cache('l2CacheEntrySize'),
        refcountCacheSize: cache('refcountCacheSize'),
      },
      discardNoUnref: readSwitch(options.get(DISCARD) ?? 'off') ?? false,
    },
  };
}

/** The settings as options that QEMU's releases have; what is not set is left out. */
export function optionsOf({
  overlapCheck,
  types,
  caches,
  discardNoUnref,
}: Pick<SettingValues, 'overlapCheck' | 'types' | 'caches' | 'discardNoUnref'>): DiskOptions {
  const options = new Map<string, string>();
  const hasTypes = Object.keys(types).length > 0;
  if (overlapCheck !== undefined && overlapCheck !== '')
    options.set(hasTypes ? 'overlap-check.template' : 'overlap-check', overlapCheck);
  for (const [type, isOn] of Object.entries(types))
    options.set(`overlap-check.${type}`, isOn ? 'on' : 'off');
  const names: readonly (keyof CacheOptions)[] = [
    'cacheSize',
    'l2CacheSize',
    'l2CacheEntrySize',
    'refcountCacheSize',
  ];
  for (const key of names)
    if (caches[key] !== '') options.set(CACHE_OPTION_NAMES[key], caches[key]);
  if (discardNoUnref) options.set(DISCARD, 'on');
  return options;
}

const bytesOf = (name: string, text: string): number => {
  const size = parseSize(text, name);
  return size.ok ? size.value : 0;
};

/** As `-drive` takes them: dotted, sizes with suffixes. A comma in the file's name is doubled. */
export const driveText = (options: DiskOptions, file: string): string =>
  [
    `file=${file.replaceAll(',', ',,')}`,
    'format=qcow2',
    ...Array.from(options, ([name, text]) =>
      isSize(name) ? `${name}=${formatSize(bytesOf(name, text))}` : `${name}=${text}`,
    ),
  ].join(',');

/** As `-blockdev` and QMP's blockdev-add take them: nested, sizes as numbers, switches as true and false. */
export function blockdevJson(options: DiskOptions, file: string): string {
  const node: Record<string, unknown> = {
    driver: 'qcow2',
    file: { driver: 'file', filename: file },
  };
  const check: Record<string, unknown> = {};
  for (const [name, text] of options) {
    const value = isSize(name)
      ? bytesOf(name, text)
      : isSwitch(name)
        ? readSwitch(text) === true
        : text;
    const part = name.startsWith('overlap-check.')
      ? name.slice('overlap-check.'.length)
      : undefined;
    if (part === undefined) node[name] = value;
    else check[part] = value;
  }
  if (Object.keys(check).length > 0) node['overlap-check'] = check;
  return JSON.stringify(node);
}

/** What libvirt can set of them, inside `<driver>`; `missing`: what only QEMU's own command line can. */
export function libvirtXml(options: DiskOptions): {
  readonly xml: string;
  readonly missing: readonly string[];
} {
  const size = options.get('cache-size');
  const missing = [...options.keys()].filter((name) => name !== 'cache-size' && name !== DISCARD);
  const discard = options.get(DISCARD) === 'on' ? " discard_no_unref='on'" : '';
  const cache =
    size === undefined
      ? ''
      : `\n  <metadata_cache>\n    <max_size unit='bytes'>${bytesOf('cache-size', size)}</max_size>\n  </metadata_cache>\n`;
  const open = `<driver name='qemu' type='qcow2'${discard}`;
  return { xml: cache === '' ? `${open}/>` : `${open}>${cache}</driver>`, missing };
}

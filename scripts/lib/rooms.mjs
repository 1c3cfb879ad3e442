/**
 * The rooms of the house, each below those that stand on it: what a room takes from another is an
 * arrow down. ARCHITECTURE.md tells what is in them; test/lint/rooms.test.ts holds both together.
 */

/**
 * @typedef {object} Room
 * @property {string} folder with all below it that is no room itself; `*` stands for one name
 * @property {readonly string[]} takes rooms whose values and types it may import
 * @property {readonly string[]} [types] rooms whose types alone it may import
 * @property {readonly string[]} [pure] single modules, without ending, whose values it may import too
 * @property {RegExp} packages that it may import; none when it matches nothing
 * @property {'core' | 'page' | 'free'} world which globals it may name
 */

const NONE = /^$/;
const NODE = /^node:/;
const PAGE = /^(preact|preact\/hooks|@preact\/signals|@vscode\/codicons\/.*|uplot|uplot\/.*)$/;

/** @param {...string} names of rooms in src/core */
const core = (...names) => names.map((name) => (name === '' ? 'src/core' : `src/core/${name}`));

/** @param {string} name @param {readonly string[]} takes @returns {Room} */
const coreRoom = (name, takes) => ({
  folder: name === '' ? 'src/core' : `src/core/${name}`,
  takes: core(...takes),
  packages: NONE,
  world: 'core',
});

const FACTS = ['', 'qcow2', 'map'];
const GUARDED_COPY = [...FACTS, 'overlap', 'simulate/copy', 'simulate/guard'];
const DRIVER = ['simulate/driver/state', 'simulate/driver/refcounts'];
const COUNTED = [...FACTS, 'check', 'guest', 'inspect'];

const CORE = [
  coreRoom('', []),
  coreRoom('qcow2', ['']),
  coreRoom('map', ['', 'qcow2']),
  coreRoom('check', FACTS),
  coreRoom('guest', [...FACTS, 'check']),
  coreRoom('inspect', [...FACTS, 'check', 'guest']),
  coreRoom('check/causes', COUNTED),
  coreRoom('space', COUNTED),
  coreRoom('chain', [...FACTS, 'check', 'guest']),
  coreRoom('export', [...FACTS, 'check']),
  coreRoom('compare', [...FACTS, 'check', 'guest']),
  coreRoom('lost', ['', 'qcow2', 'guest']),
  coreRoom('tree', FACTS),
  coreRoom('overlap', FACTS),
  coreRoom('simulate/copy', [...FACTS, 'overlap']),
  coreRoom('simulate/guard', [...FACTS, 'overlap', 'simulate/copy']),
  coreRoom('simulate/driver/state', GUARDED_COPY),
  coreRoom('simulate/driver/refcounts', [...GUARDED_COPY, 'simulate/driver/state']),
  coreRoom('simulate/driver', [...GUARDED_COPY, ...DRIVER]),
  coreRoom('simulate/driver/requests', [...GUARDED_COPY, ...DRIVER, 'simulate/driver']),
  coreRoom('options', ['', 'map', 'overlap', 'simulate/copy']),
  coreRoom('repair', [
    ...[...GUARDED_COPY, 'check', ...DRIVER, 'simulate/driver', 'simulate/driver/requests'],
  ]),
  coreRoom('repair/cost', [...COUNTED, 'check/causes', 'repair', 'simulate/copy']),
  coreRoom('workload', ['']),
  coreRoom('caches', [
    ...[...GUARDED_COPY, 'workload', ...DRIVER, 'simulate/driver', 'simulate/driver/requests'],
  ]),
  coreRoom('picture', [...COUNTED, 'overlap', 'simulate/copy']),
  coreRoom('simulate/verdict', [
    ...COUNTED,
    ...[
      ...GUARDED_COPY,
      ...DRIVER,
      'simulate/driver',
      'simulate/driver/requests',
      'repair',
      'picture',
    ],
  ]),
];

const ALL_CORE = CORE.map(({ folder }) => folder);

/** Modules of src/core that the webview may run: none reads an image. */
const PURE = [
  'check/causes/guestDamage',
  'check/causes/stepCommand',
  'check/finding',
  'guest/guestKinds',
  'map/cell',
  'map/kinds',
  'map/owner',
  'overlap/fragments',
  'overlap/memory',
  'overlap/settings',
  'overlap/types',
  'overlap/windowMarks',
  'qcow2/subclusters',
  'bytes',
  'caches/curve',
  'caches/optionText',
  'caches/timeline',
  'jsonText',
  'numbers',
  'record',
  'repair/repairedFirst',
  'shell',
  'simulate/copy/cacheOptions',
  'simulate/copy/cacheSlots',
  'simulate/copy/fate',
  'simulate/copy/laterMessages',
  'simulate/copy/operation',
  'simulate/verdict/disagreementText',
  'simulate/verdict/marks',
  'simulate/verdict/qemuScript',
  'size',
  'space/newImage',
  'space/parts',
  'text',
  'units',
  'workload/pattern',
  'workload/workloadReport',
].map((module) => `src/core/${module}`);

/** Lists of words that the shapes of messages are made of. */
const PROTOCOL_VALUES = [
  'check/explanations',
  'check/finding',
  'map/kinds',
  'overlap/happening',
  'overlap/types',
  'overlap/windowOrder',
  'picture/curve',
  'picture/layer',
  'units',
].map((module) => `src/core/${module}`);

/** What the webview runs of the protocol; the shapes of its messages are the host's to look at. */
const PROTOCOL_OF_PAGE = ['src/protocol/limits', 'src/protocol/rpc'];

/** @param {string} name @param {readonly string[]} takes @returns {Room} */
const pageRoom = (name, takes) => ({
  folder: name === '' ? 'webview' : `webview/${name}`,
  takes: ['src/core/picture', ...takes.map((taken) => `webview/${taken}`)],
  types: [...ALL_CORE, 'src/protocol'],
  pure: [...PURE, ...PROTOCOL_OF_PAGE],
  packages: PAGE,
  world: 'page',
});

/** @param {string} name @param {readonly string[]} takes @returns {Room} */
const cliRoom = (name, takes) => ({
  folder: name === '' ? 'src/cli' : `src/cli/${name}`,
  takes: [...ALL_CORE, 'src/node', ...takes.map((taken) => `src/cli/${taken}`)],
  packages: NODE,
  world: 'free',
});

/** @type {readonly Room[]} */
export const rooms = [
  ...CORE,
  {
    folder: 'src/protocol',
    takes: [],
    types: ALL_CORE,
    pure: PROTOCOL_VALUES,
    packages: /^valibot$/,
    world: 'core',
  },
  { folder: 'src/session', takes: [...ALL_CORE, 'src/protocol'], packages: NONE, world: 'core' },
  {
    folder: 'src/node',
    takes: [...ALL_CORE, 'src/protocol', 'src/session'],
    packages: NODE,
    world: 'free',
  },
  cliRoom('frame', []),
  cliRoom('info', ['frame']),
  cliRoom('map', ['frame', 'info']),
  cliRoom('check', ['frame', 'map']),
  cliRoom('space', ['frame', 'map']),
  cliRoom('simulate', ['frame']),
  cliRoom('caches', ['frame']),
  cliRoom('', ['frame', 'info', 'map', 'check', 'space', 'simulate', 'caches']),
  {
    folder: 'src/editor',
    takes: [...ALL_CORE, 'src/protocol', 'src/node'],
    packages: /^(node:.*|vscode|valibot)$/,
    world: 'free',
  },
  {
    folder: 'src',
    takes: ['src/editor', 'src/node', 'src/protocol'],
    types: ALL_CORE,
    packages: /^(node:.*|vscode)$/,
    world: 'free',
  },
  pageRoom('text', []),
  pageRoom('state', ['text']),
  pageRoom('heatmap', ['text', 'state']),
  pageRoom('strip', ['text', 'state', 'heatmap']),
  pageRoom('export', ['text', 'state', 'heatmap']),
  pageRoom('parts', ['text', 'state', 'heatmap']),
  pageRoom('panes/*', ['text', 'state', 'heatmap', 'parts']),
  pageRoom('frame', ['text', 'state', 'heatmap', 'strip', 'export', 'parts', 'panes/*']),
  pageRoom('', ['state', 'export', 'frame']),
];

/**
 * The room that a file of `src` or `webview` is in: the one with the longest folder.
 * @param {string} file from the root, with `/`
 * @returns {{ room: Room, place: string } | undefined} `place`: its folder, `*` filled in
 */
export function roomOf(file) {
  const parts = file.split('/').slice(0, -1);
  for (let length = parts.length; length > 0; length--) {
    const place = parts.slice(0, length).join('/');
    const pattern = [...parts.slice(0, length - 1), '*'].join('/');
    const room =
      rooms.find(({ folder }) => folder === place) ??
      rooms.find(({ folder }) => folder === pattern);
    if (room) return { room, place };
  }
  return undefined;
}

import type { Advice } from '../../core/overlap/advice.js';
import {
  encodeFragments,
  fragmentClusters,
  fragmentStart,
  fragmentTypes,
} from '../../core/overlap/fragments.js';
import type { MetadataList } from '../../core/overlap/metadataList.js';
import type { Replay } from '../../core/overlap/replay.js';
import {
  NO_LIMIT,
  type StructureGeometry,
  type StructureSettings,
} from '../../core/overlap/settings.js';
import { stateOf } from '../../core/overlap/traceSession.js';
import { typeNames } from '../../core/overlap/types.js';
import {
  countWindows,
  refusesBitmap,
  windowStates,
  type WindowState,
} from '../../core/overlap/windowState.js';
import { Printable, t } from '../frame/printable.js';
import type { Subject } from '../frame/subject.js';

/** The structures of an image that has just been opened, with all that led to them. */
export interface StructuresOfImage {
  readonly subject: Subject;
  readonly geometry: StructureGeometry;
  readonly settings: StructureSettings;
  readonly replay: Replay;
  readonly advice: Advice;
}

/**
 * One JSON document: `mem`, `windows`, `slots` and `w` as in the lines of `--ops`, and beside them
 * what is held, what happened, each window with its fragments, the events and the advice.
 */
export function* structuresJson(of: StructuresOfImage): Generator<Printable> {
  const { subject, geometry, settings, replay, advice } = of;
  const list = replay.final;
  const refuses = refusesBitmap(list);
  const { forms, exposures } = countWindows(list, refuses);
  const head = {
    filename: subject.filename,
    state: 'built',
    'cluster-size': list.clusterSize,
    'file-length': geometry.fileLength,
    settings: settingsJson(settings),
    ...stateOf(list),
    memory: { ...list.memory, limit: limitJson(list.memory.limit) },
    operations: replay.operations.length,
    counters: list.counters,
    forms,
    unprotected: exposures,
    advice,
  };
  yield* members(head);
  yield t`,\n"window-list":`;
  yield* lines(windowStates(list, refuses), (state) => windowJson(list, state));
  yield t`,\n"events":`;
  yield* lines(new Array(replay.events.length).keys(), (index) => replay.events.at(index));
  if (subject.hasChanged()) yield t`,\n"changed-while-read": true`;
  yield t`}\n`;
}

export function noneJson(subject: Subject, settings: StructureSettings): Printable {
  const { filename } = subject;
  const document = { filename, state: 'none', settings: settingsJson(settings) };
  return t`${Printable.json({ ...document, ...subject.changedJson() })}\n`;
}

export function failedJson(
  subject: Subject,
  settings: StructureSettings,
  message: string,
  advice: Advice,
): Printable {
  const { filename } = subject;
  const document = { filename, state: 'failed', message, settings: settingsJson(settings), advice };
  return t`${Printable.json({ ...document, ...subject.changedJson() })}\n`;
}

/** The beginning of a JSON object, which others go on with. */
function* members(head: Readonly<Record<string, unknown>>): Generator<Printable> {
  let isFirst = true;
  for (const [key, value] of Object.entries(head)) {
    if (value === undefined) continue;
    const member = t`${Printable.json(key)}:${Printable.json(value)}`;
    yield isFirst ? t`{${member}` : t`,${member}`;
    isFirst = false;
  }
}

function settingsJson(settings: StructureSettings): object {
  return {
    'overlap-check': typeNames(settings.guarded),
    'bitmap-size': settings.bitmapSize,
    'total-size-limit': limitJson(settings.totalSizeLimit),
    'limit-policy': settings.policy,
  };
}

/** No limit is no number: it has more digits than JSON readers keep. */
const limitJson = (bytes: number): number | undefined => (bytes >= NO_LIMIT ? undefined : bytes);

function windowJson(list: MetadataList, state: WindowState): object | undefined {
  if (state.form === 'empty' && !state.exposure) return undefined;
  const row = list.windows.existingRow(state.window);
  const fragments = encodeFragments(list.windows.runs.bytes(row));
  return {
    ...state,
    types: typeNames(state.types),
    lost: typeNames(state.lost),
    fragments: Array.from(fragments, (fragment) => [
      fragmentStart(fragment),
      fragmentClusters(fragment),
      fragmentTypes(fragment),
    ]),
  };
}

/** A JSON array, one element a line; those without a value are left out. */
function* lines<T>(
  items: Iterable<T>,
  toJson: (item: T) => object | undefined,
): Generator<Printable> {
  let isFirst = true;
  for (const item of items) {
    const value = toJson(item);
    if (!value) continue;
    const line = Printable.json(value);
    yield isFirst ? t`[\n${line}` : t`,\n${line}`;
    isFirst = false;
  }
  yield isFirst ? t`[]` : t`\n]`;
}

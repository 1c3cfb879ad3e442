import type { ByteSource } from '../core/byteSource.js';
import { DEFAULT_MEMORY } from '../core/check/scan.js';
import { checkGuestCluster, guestClusterDetail } from '../core/guest/clusterDetail.js';
import { countText } from '../core/numbers.js';
import { WindowLayer } from '../core/picture/windowLayer.js';
import {
  type AssumedHeader,
  assumedHeaderText,
  assumeHeader,
} from '../core/qcow2/assumedHeader.js';
import { imageFacts, type ImageFacts } from '../core/qcow2/facts.js';
import { isMappable, openImage, type Image, type MappableImage } from '../core/qcow2/image.js';
import { FormatTree } from '../core/tree/formatTree.js';
import type { ImageEvent } from '../protocol/imageService.js';
import type { OverlapAnswer } from '../protocol/overlap.js';
import type { Answer, ImageService, Query } from '../protocol/questions.js';
import { DiagnosisSession } from './diagnosisSession.js';
import { glimpse } from './glimpse.js';
import { LiveScan } from './liveScan.js';
import type { Machine } from './machine.js';
import { mixedCells } from './mixedCells.js';
import { Navigator } from './navigator.js';
import { OverlapSession } from './overlapSession.js';
import { peek } from './peek.js';
import { Pictures, type RepairedFiles } from './pictures.js';
import { RangeSession } from './rangeSession.js';
import { lazily } from './lazily.js';
import { Room } from './room.js';
import { SimulateSession } from './simulateSession.js';
import { SweepSession } from './sweepSession.js';
import { clusterOf, type HostCluster, type HostOffset } from '../core/units.js';

const NO_MAP = 'there is no map of this image';

const must = <T>(part: T | undefined): T => {
  if (part === undefined) throw new Error(NO_MAP);
  return part;
};

/**
 * One image being scanned, which answers questions about it at any time with what is known by
 * then. It does not run by itself: whoever owns it calls `advance` until that says false.
 */
export class ImageSession {
  readonly #image: Image;
  readonly #fileName: string;
  readonly #machine: Machine;
  readonly #emit: (event: ImageEvent) => void;
  readonly #tree: FormatTree;
  readonly #diagnosis: DiagnosisSession;
  readonly #source: ByteSource;
  /** What the header is taken to say, whatever it says. */
  readonly #assumed: AssumedHeader | undefined;
  #scan: LiveScan | undefined;
  #pictures: Pictures | undefined;
  #navigator: Navigator | undefined;
  #ranges: RangeSession | undefined;

  readonly #memory: number;

  /**
   * Throws on an I/O error, as all methods and answers do. `memory`: what may be kept of the image,
   * in bytes. `assumed`: what is taken to be in the header.
   */
  constructor(
    source: ByteSource,
    fileName: string,
    emit: (event: ImageEvent) => void,
    machine: Machine,
    memory = DEFAULT_MEMORY,
    assumed?: AssumedHeader,
  ) {
    this.#memory = memory;
    this.#machine = machine;
    this.#assumed = assumed;
    this.#image = openImage(assumed ? assumeHeader(source, assumed) : source);
    this.#source = source;
    this.#tree = new FormatTree(this.#image);
    this.#diagnosis = new DiagnosisSession(this.#image, fileName);
    this.#fileName = fileName;
    this.#emit = emit;
  }

  /** Says what the header says, and begins the scan if the header allows one. */
  start(): void {
    this.#emit({ type: 'facts', facts: this.#facts() });
    if (!isMappable(this.#image)) return;
    const pictures = new Pictures(this.#image, this.#machine.deflate, this.#memory);
    this.#pictures = pictures;
    this.#scan = new LiveScan(
      this.#image,
      {
        begun: (map) => {
          this.#navigator = new Navigator(map, undefined);
        },
        mapChanged: (map, generation) => {
          pictures.mapChanged(map, generation);
        },
        finished: (scan) => {
          this.#navigator = new Navigator(scan.map, scan);
          this.#ranges = new RangeSession(scan);
          pictures.scanned(scan);
        },
        abandoned: () => {
          pictures.cancelled();
        },
      },
      this.#emit,
      this.#memory,
    );
    // From the first step on there is a map to show.
    this.advance(0);
  }

  /**
   * Scans on for about `milliseconds`, or computes what has been asked for; false when there is
   * nothing left to do.
   */
  advance(milliseconds: number): boolean {
    if (this.#scan?.advance(milliseconds)) return true;
    if (this.#ranges?.advance(milliseconds)) return true;
    if (this.#diagnosis.advance(milliseconds)) return true;
    if (this.#repairs.known?.advance(milliseconds)) return true;
    if (this.#lost.known?.advance(milliseconds)) return true;
    if (this.#damage.known?.advance(milliseconds)) return true;
    if (this.#space.known?.advance(milliseconds)) return true;
    if (this.#caches.known?.advance(milliseconds)) return true;
    return this.#pictures?.advance(milliseconds) ?? false;
  }

  /** Stops the scan; what is known so far stays answerable. */
  cancel(): void {
    this.#scan?.cancel();
  }

  /** Stops for good without a word, after an error that the owner has reported. */
  abandon(): void {
    this.#scan?.abandon();
  }

  readonly #mappable = (): MappableImage => {
    if (!isMappable(this.#image)) throw new Error(NO_MAP);
    return this.#image;
  };

  readonly #repairs = new Room(async () => {
    const { RepairSession } = await import('./repairSession.js');
    const { backingRefusal } = this.#machine;
    const show = (repaired: RepairedFiles): void => this.#pictures?.setRepaired(repaired);
    return new RepairSession(this.#image, this.#fileName, this.#memory, backingRefusal, show);
  });
  readonly #lost = new Room(async () => {
    const { LostSession } = await import('./lostSession.js');
    return new LostSession(this.#source);
  });
  readonly #damage = new Room(async () => {
    const { DamageSession } = await import('./damageSession.js');
    return new DamageSession(this.#fileName);
  });
  readonly #space = new Room(async () => {
    const { SpaceSession } = await import('./spaceSession.js');
    return new SpaceSession(this.#machine.allocatedBytes);
  });
  readonly #caches = new Room(async () => {
    const { CachesSession } = await import('./cachesSession.js');
    return new CachesSession(this.#mappable(), this.#machine, (heat) => {
      this.#pictures?.setHeat(heat);
    });
  });
  readonly #overlap = lazily(() => new OverlapSession(this.#mappable()));
  readonly #simulate = lazily(
    () =>
      new SimulateSession(
        this.#mappable(),
        this.#machine,
        () => this.#scan?.result?.scan,
        (operations) => {
          this.#emit({ type: 'operations', operations });
        },
      ),
  );
  readonly #sweep = lazily(() => {
    const scan = this.#scan?.result?.scan;
    if (!scan) throw new Error('the image has not been scanned');
    return new SweepSession(scan, (disk) => {
      must(this.#pictures).setOutcomes(disk);
    });
  });

  /** What can be asked. */
  readonly service: ImageService = {
    tile: (query) => this.#timed((pictures) => pictures.tile(query)),
    strip: (query) => this.#timed((pictures) => pictures.strip(query)),
    layer: (query) => must(this.#pictures).layer(query),
    cluster: ({ cluster }) => this.#cluster(cluster),
    guestCluster: ({ cluster }) => {
      checkGuestCluster(this.#mappable(), cluster);
      return guestClusterDetail(this.#mappable(), this.#scan?.result?.scan.stored, cluster);
    },
    peek: (query) => peek(this.#image.source, query),
    findings: (query) =>
      this.#scan?.result?.inspection.findings(query) ?? { total: 0, findings: [] },
    diagnosis: () => this.#diagnosed(),
    repairs: () => this.#repaired(),
    lostTables: () => this.#lostTables(),
    damage: async ({ format }) => {
      const damage = await this.#damage.get();
      const scan = must(this.#scan).result?.scan;
      return scan ? damage.answer(scan, format) : this.#unscanned();
    },
    space: async (query) => {
      const space = await this.#space.get();
      const scan = must(this.#scan).result?.scan;
      return scan ? space.answer(scan, query) : this.#unscanned();
    },
    tree: (query) => this.#tree.page(query),
    treePlace: ({ offset }) => this.#treePlace(offset),
    next: (query) => must(this.#navigator).next(query),
    cells: (query) => ({
      generation: must(this.#scan).generation,
      runs: must(this.#navigator).cells(query),
    }),
    subclusters: (query) => mixedCells(this.#mappable(), query),
    mapped: ({ cluster }) => must(this.#navigator).mapped(cluster),
    range: (query) => this.#range(query),
    tableRange: (query) => this.#ranges?.table(query),
    ranges: (query) => must(this.#navigator).ranges(query),
    locate: (query) => must(this.#navigator).locate(this.#mappable(), query),
    overlap: (query) => {
      const answer = this.#overlap().state(query);
      must(this.#pictures).setWindows(this.#windowLayer(answer));
      return answer;
    },
    overlapTimeline: (query) => this.#overlap().timeline(query),
    overlapFilm: (query) => this.#overlap().film(query),
    overlapWindows: (query) => this.#overlap().windows(query),
    overlapWindow: (query) => this.#overlap().window(query),
    overlapNext: (query) => this.#overlap().next(query),
    overlapEvents: (query) => this.#overlap().events(query),
    overlapAdvice: (query) => this.#overlap().advice(query),
    simulate: (query) => this.#simulate().simulate(query),
    simulateVerdict: (query) => this.#simulate().verdict(query),
    simulateSteps: (query) => this.#simulate().steps(query),
    simulateMarks: (query) => this.#simulate().marks(query),
    simulateDifference: (query) => this.#simulate().difference(query),
    simulateOverlap: (query) => this.#simulate().overlap(query),
    simulateSweep: ({ options }) => this.#swept(options),
    caches: async (query) => (await this.#caches.get()).answer(query),
    stopCaches: () => {
      this.#caches.known?.stop();
      return Promise.resolve(undefined);
    },
  };

  #timed<T>(draw: (pictures: Pictures) => T): T {
    const pictures = must(this.#pictures);
    return must(this.#scan).timed(() => draw(pictures));
  }

  #cluster(cluster: HostCluster): Answer<'cluster'> {
    const map = must(this.#scan?.map);
    if (cluster >= map.clusters) {
      throw new Error(
        `cluster ${countText(cluster)}: expected one below ${countText(map.clusters)}, the end of the file`,
      );
    }
    return (
      this.#scan?.result?.inspection.cluster(cluster) ??
      glimpse(map, cluster, this.#mappable().geometry)
    );
  }

  #treePlace(offset: HostOffset): Answer<'treePlace'> {
    const cluster = clusterOf(offset, this.#mappable().geometry);
    const inspection = this.#scan?.result?.inspection;
    if (!inspection || cluster >= must(this.#scan?.map).clusters) return undefined;
    const [owner] = inspection.cluster(cluster).owners;
    return owner && this.#tree.place(owner, offset);
  }

  #range(query: Query<'range'>): Answer<'range'> {
    return this.#ranges?.answer(query) ?? this.#unscanned();
  }

  /** To a question about the whole file, before that is known. */
  #unscanned(): { state: 'computing'; done: number } | { state: 'failed'; message: string } {
    return must(this.#scan).isScanning
      ? { state: 'computing', done: 0 }
      : { state: 'failed', message: 'the scan was stopped' };
  }

  #diagnosed(): Answer<'diagnosis'> {
    const scan = this.#scan;
    // An image that can be scanned is about to be.
    if (!scan)
      return isMappable(this.#image)
        ? this.#diagnosis.scanning(0)
        : this.#diagnosis.answer(undefined);
    if (scan.result) return this.#diagnosis.answer(scan.result.scan);
    return scan.isScanning
      ? this.#diagnosis.scanning(scan.done)
      : { state: 'failed', message: 'the scan was stopped' };
  }

  async #repaired(): Promise<Answer<'repairs'>> {
    const repairs = await this.#repairs.get();
    const scan = this.#scan;
    if (!scan && !isMappable(this.#image)) return repairs.answer(undefined);
    if (scan?.result) return repairs.answer(scan.result.scan);
    return scan?.isScanning === false
      ? { state: 'failed', message: 'the scan was stopped' }
      : { state: 'computing', done: 0 };
  }

  #facts(): ImageFacts {
    const facts = imageFacts(this.#image, this.#fileName);
    return this.#assumed ? { ...facts, assumed: assumedHeaderText(this.#assumed) } : facts;
  }

  async #lostTables(): Promise<Answer<'lostTables'>> {
    const lost = await this.#lost.get();
    const scan = this.#scan;
    // What somebody refers to already is known only when the scan of the file's own header is done.
    if (!this.#assumed && scan?.isScanning) return { state: 'computing', done: 0 };
    return lost.answer(this.#assumed ? undefined : scan?.result?.scan);
  }

  #swept(options: Query<'simulateSweep'>['options']): Answer<'simulateSweep'> {
    const sweep = this.#sweep();
    const task = this.#simulate().settingsOf(options);
    if (!task.ok) return { state: 'refused', message: task.message };
    return sweep.sweep(task.value.key, task.value.settings);
  }

  /** The windows as a picture, or why there is none. */
  #windowLayer(answer: OverlapAnswer): WindowLayer | string {
    switch (answer.state) {
      case 'none':
        return 'nothing is guarded';
      case 'failed':
        return answer.message;
      case 'built':
        return new WindowLayer(this.#mappable().geometry.hostClusters, answer.marks);
    }
  }
}

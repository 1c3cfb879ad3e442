import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import type { SparseFile } from '../images/pieces.js';
import type { Random } from '../images/random.js';
import type { Base } from '../peer/bases.js';
import { type BuiltRecipe, builtImages, SIDE_FILES } from '../peer/builtImages.js';
import { IMAGE_NAME } from '../peer/slot.js';
import { survey, type Survey } from '../peer/survey.js';

/** Those with clusters of 128 KiB and more, and of many clusters. */
const LARGE = /-c(17|18|19|20|21)|scattered-c16|many-blocks/;

/** A qcow2 image beside the one under test. */
export const OTHER = 'other.qcow2';

/** What the images of test/peer lack: cluster sizes between, LUKS, backing files of qcow2, a loop. */
function further(): BuiltRecipe[] {
  const between = [11, 13, 15, 17, 19, 20].map((clusterBits, index) => ({
    name: `between-c${clusterBits}`,
    build: () =>
      layOut(
        new ImageBuilder({ virtualSize: 2 ** (clusterBits + 8), clusterBits, refcountOrder: index })
          .write(0, 3)
          .zero(5, 2)
          .bitmap({ name: 'b', granularityBits: 16, dirty: [[0, 3]] })
          .write(9),
      ),
  }));
  const luks = [9, 16, 21].map((clusterBits) => ({
    name: `luks-c${clusterBits}`,
    build: () =>
      layOut(
        new ImageBuilder({ virtualSize: 2 ** (clusterBits + 4), clusterBits, cryptoHeader: 9000 })
          .write(0, 4)
          .snapshot({ name: 'locked' })
          .write(1),
      ),
  }));
  const backed = [OTHER, IMAGE_NAME, 'nowhere.qcow2'].map((name) => ({
    name: `on-${name}`,
    build: () =>
      layOut(
        new ImageBuilder({
          virtualSize: 2 ** 20,
          clusterBits: 12,
          backing: { name, format: 'qcow2' },
        })
          .write(2, 9)
          .zero(40, 3),
      ),
  }));
  return [...between, ...luks, ...backed];
}

const other = (): SparseFile =>
  layOut(
    new ImageBuilder({ virtualSize: 2 ** 20, clusterBits: 12 })
      .write(0, 30)
      .compress(60, new Uint8Array(4096)),
  );

/** A healthy image with its places. */
export interface SurveyedBase {
  readonly base: Base;
  readonly places: Survey;
}

/** The healthy images that are damaged, each made when it is first asked for. */
export class FuzzBases {
  readonly #names: readonly string[];
  readonly #recipes: ReadonlyMap<string, BuiltRecipe>;
  readonly #known = new Map<string, SurveyedBase>();
  readonly #sideFiles = new Map([...SIDE_FILES, [OTHER, other()] as const]);

  constructor() {
    this.#recipes = new Map(
      [...builtImages(), ...further()].map((recipe) => [recipe.name, recipe]),
    );
    this.#names = [...this.#recipes.keys()];
  }

  /** A name; those with large clusters, which take ten times as long, less often. */
  pick(random: Random): string {
    const isLarge = random.chance(0.05);
    return random.pick(this.#names.filter((name) => LARGE.test(name) === isLarge));
  }

  get(name: string): SurveyedBase {
    const known = this.#known.get(name);
    if (known) return known;
    const recipe = this.#recipes.get(name);
    if (!recipe) throw new Error(`there is no base '${name}'`);
    const { size, pieces } = recipe.build();
    const file = { size, pieces };
    const base = { name, file, sideFiles: this.#sideFiles, isEncrypted: false };
    const made = { base, places: survey(file) };
    this.#known.set(name, made);
    return made;
  }
}

import { computed, type ReadonlySignal } from '@preact/signals';
import { WindowStates } from '../text/windowStates.js';
import type { OverlapState } from './overlapState.js';
import type { PictureState } from './pictureState.js';
import type { SimulationState } from './simulationState.js';
import type { ViewState } from './viewState.js';

interface Surroundings {
  readonly overlap: OverlapState;
  readonly simulation: SimulationState;
  readonly pictures: PictureState;
  readonly pane: { readonly value: ViewState['pane'] };
  showTab(tab: 'overlap'): void;
}

const NONE: readonly number[] = [];

/** The overlap windows as the map, the strip and the legend have them: only where one looks at them. */
export class WindowSight {
  /** Whether one looks at overlap windows: their tab or their layer is open. */
  readonly isOpen: ReadonlySignal<boolean>;
  /** The windows, if they are to be shown and there are any: also those after a simulation. */
  readonly shown: ReadonlySignal<WindowStates | undefined>;
  /** The windows that the last step reached, while somebody steps through the opening. */
  readonly reached: ReadonlySignal<readonly number[]>;
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    const { overlap, simulation, pictures, pane } = surroundings;
    this.isOpen = computed(() => {
      const { open, tab } = pane.value;
      return (open && tab === 'overlap') || pictures.chosen.value.layer === 'windows';
    });
    this.shown = computed(() => {
      const answer = simulation.structures.value ?? overlap.answer.value;
      const isShown = this.isOpen.value && overlap.areWindowsShown.value;
      return isShown && answer?.state === 'built' ? new WindowStates(answer) : undefined;
    });
    this.reached = computed(() => {
      const answer = overlap.answer.value;
      if (overlap.position.value === undefined || answer?.state !== 'built') return NONE;
      return answer.last?.windows ?? NONE;
    });
  }

  /** Shows or hides them; where nobody looks at them, their tab opens with them. */
  toggle(): void {
    const { overlap } = this.#surroundings;
    if (this.isOpen.value) {
      overlap.areWindowsShown.value = !overlap.areWindowsShown.value;
      return;
    }
    overlap.areWindowsShown.value = true;
    this.#surroundings.showTab('overlap');
  }
}

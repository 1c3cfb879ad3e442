import { signal } from '@preact/signals';
import { paneState } from '../../state/paneState.js';

/** Whether the user has just asked for a window: its details come into sight, wherever one looks. */
export const detailsWishOf = paneState(() => signal(false));

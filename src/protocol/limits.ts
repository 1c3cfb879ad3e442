/** What one message may hold; both shores go by it. */

/** Edge of a block of cells of the picture, of which the counts or the subclusters are asked. */
export const BLOCK_EDGE = 64;
/** Rows of a page of a list. */
export const MAX_PAGE = 1000;
/** A line of the tree may tell a long name: no page of them is to be above 256 KiB. */
export const MAX_TREE_PAGE = 100;
/** Operations of a film of the cache's slots. */
export const MAX_FILM = 256;
/** Bytes of the file that are looked at in one piece. */
export const MAX_PEEK = 4096;
export const MAX_RANGES = 500;
/** Operations that are simulated one after the other. */
export const MAX_OPERATIONS = 1000;
/** Points of a curve. */
export const MAX_CURVE = 400;

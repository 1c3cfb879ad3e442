/** How many clusters of each value can be seen. */
export interface InView {
  readonly counts: readonly number[];
  /** False while a cell stands for many clusters: then all of them count as its dominant value. */
  readonly exact: boolean;
}

/** Only cells whose presence mask has `mask` keep their colour; it is that of `dominant`. */
export interface Isolation {
  readonly mask: number;
  readonly dominant: number;
}

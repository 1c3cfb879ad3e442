import type { JSX } from 'preact';

/** In the place of a pane that has not come yet. */
export const Waiting = ({ failure }: { readonly failure: string | undefined }): JSX.Element =>
  failure === undefined ? (
    <p class="hint" aria-busy="true" />
  ) : (
    <p class="hint">This pane cannot be fetched: {failure}</p>
  );

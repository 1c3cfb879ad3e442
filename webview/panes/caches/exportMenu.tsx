import type { JSX } from 'preact';
import type { CachesDocument } from '../../../src/protocol/caches.js';
import type { Store } from '../../state/store.js';
import { chartsSvg } from './chartsSvg.js';
import type { CachesState } from './cachesState.js';
import { cachesJson, cachesReport } from './cachesReport.js';

const FORMATS = {
  md: 'Report as Markdown',
  json: 'Figures as JSON',
  svg: 'Charts as SVG',
} as const;

interface Props {
  readonly store: Store;
  readonly state: CachesState;
  readonly document: CachesDocument;
}

/** Keeps what is shown as a file. */
export function ExportMenu({ store, state, document }: Props): JSX.Element {
  return (
    <select
      class="dropdown"
      aria-label="Export"
      value=""
      onChange={({ currentTarget }) => {
        const { value } = currentTarget;
        currentTarget.value = '';
        if (value !== 'md' && value !== 'json' && value !== 'svg') return;
        const text = textOf(value, { store, state, document });
        store.actions.saveFile(value, new TextEncoder().encode(text));
      }}
    >
      <option value="" disabled hidden>
        Export
      </option>
      {Object.entries(FORMATS).map(([format, text]) => (
        <option key={format} value={format}>
          {text}
        </option>
      ))}
    </select>
  );
}

function textOf(format: keyof typeof FORMATS, { store, state, document }: Props): string {
  const image = store.facts.value?.fileName ?? '';
  const second = state.second.value;
  switch (format) {
    case 'md':
      return cachesReport(image, document, second);
    case 'json':
      return cachesJson(image, document, second);
    case 'svg':
      return chartsSvg(image, document);
  }
}

import type { Store } from '../state/store.js';

/** Opens the sheet of keys at `?`, but where that is typed as text. Returns what ends that. */
export function openKeySheetByKey(store: Store): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const { target } = event;
    if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target instanceof Element && target.matches('input:not([type=checkbox]), textarea, select'))
      return;
    store.isKeySheetOpen.value = true;
    event.preventDefault();
  };
  document.addEventListener('keydown', onKey);
  return () => {
    document.removeEventListener('keydown', onKey);
  };
}

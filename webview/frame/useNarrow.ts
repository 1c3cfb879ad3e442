import { useEffect, useState } from 'preact/hooks';

/** As in narrow.css. */
const NARROW = '(max-width: 900px)';

/** Whether the pane is below the map, and what explains the map between them. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const list = matchMedia(NARROW);
    const hear = (): void => {
      setNarrow(list.matches);
    };
    list.addEventListener('change', hear);
    return () => {
      list.removeEventListener('change', hear);
    };
  }, []);
  return isNarrow;
}

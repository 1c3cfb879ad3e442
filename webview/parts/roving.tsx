import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly class: string;
  readonly children: ComponentChildren;
}

/** Buttons that are one stop for the Tab key: the arrows go from one to the other. */
export function Roving({ label, class: className, children }: Props): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  const last = useRef<HTMLElement | undefined>(undefined);
  const buttons = (): HTMLButtonElement[] => [
    ...(root.current?.querySelectorAll<HTMLButtonElement>('button:not(:disabled)') ?? []),
  ];
  useEffect(() => {
    const settle = (): void => {
      const all = buttons();
      const stop =
        all.find((each) => each === last.current) ??
        all.find((each) => each.getAttribute('aria-pressed') === 'true') ??
        all.at(0);
      for (const each of all) each.tabIndex = each === stop ? 0 : -1;
    };
    settle();
    if (!root.current) return undefined;
    // Those inside come and go by themselves.
    const observer = new MutationObserver(settle);
    observer.observe(root.current, {
      ...{ subtree: true, childList: true },
      attributeFilter: ['disabled', 'aria-pressed'],
    });
    return () => {
      observer.disconnect();
    };
  }, []);
  return (
    <div
      ref={root}
      class={className}
      role="group"
      aria-label={label}
      onFocusIn={({ target }) => {
        const all = buttons();
        const at = all.find((each) => each === target);
        if (!at) return;
        last.current = at;
        for (const each of all) each.tabIndex = each === at ? 0 : -1;
      }}
      onKeyDown={(event) => {
        const all = buttons();
        const at = all.findIndex((each) => each === document.activeElement);
        const to = at < 0 ? undefined : placeAfter(event, at, all.length);
        if (to === undefined) return;
        event.preventDefault();
        all[to].focus();
      }}
    >
      {children}
    </div>
  );
}

function placeAfter(
  { key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent,
  at: number,
  count: number,
): number | undefined {
  if (ctrlKey || metaKey || altKey || shiftKey) return undefined;
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return (at + 1) % count;
    case 'ArrowLeft':
    case 'ArrowUp':
      return (at + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

import type { JSX } from 'preact';

/** Those of VS Code's own icons that styles/codicons.css has: all of them would be most of our CSS. */
export type IconName =
  | 'arrow-down'
  | 'arrow-small-right'
  | 'arrow-up'
  | 'chevron-down'
  | 'chevron-left'
  | 'chevron-right'
  | 'circle-slash'
  | 'clear-all'
  | 'close'
  | 'color-mode'
  | 'copy'
  | 'dash'
  | 'debug-pause'
  | 'discard'
  | 'edit'
  | 'error'
  | 'file-binary'
  | 'flame'
  | 'info'
  | 'inspect'
  | 'json'
  | 'keyboard-tab'
  | 'layers'
  | 'layout-sidebar-right'
  | 'layout-sidebar-right-off'
  | 'list-unordered'
  | 'location'
  | 'lock'
  | 'output'
  | 'pass'
  | 'play'
  | 'question'
  | 'screen-full'
  | 'settings'
  | 'shield'
  | 'terminal'
  | 'warning'
  | 'zoom-in'
  | 'zoom-out';

/** One of VS Code's own icons; what it stands for is said by the element around it. */
export const Icon = ({ name }: { readonly name: IconName }): JSX.Element => (
  <i class={`codicon codicon-${name}`} aria-hidden="true" />
);

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
}

export const IconButton = ({
  icon,
  label,
  onClick,
  pressed,
  disabled,
}: IconButtonProps): JSX.Element => (
  <button
    type="button"
    class="icon-button"
    title={label}
    aria-label={label}
    aria-pressed={pressed}
    disabled={disabled}
    onClick={onClick}
  >
    <Icon name={icon} />
  </button>
);

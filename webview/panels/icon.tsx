import type { JSX } from 'preact';

/** One of VS Code's own icons; what it stands for is said by the element around it. */
export const Icon = ({ name }: { readonly name: string }): JSX.Element => (
  <i class={`codicon codicon-${name}`} aria-hidden="true" />
);

interface IconButtonProps {
  readonly icon: string;
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
}

export const IconButton = ({ icon, label, onClick, pressed }: IconButtonProps): JSX.Element => (
  <button
    type="button"
    class="icon-button"
    title={label}
    aria-label={label}
    aria-pressed={pressed}
    onClick={onClick}
  >
    <Icon name={icon} />
  </button>
);

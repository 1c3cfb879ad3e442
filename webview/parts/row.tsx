import type { ComponentChildren, JSX } from 'preact';

/** A name and what it says, in a list of such rows (`dl`). */
export const Row = ({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

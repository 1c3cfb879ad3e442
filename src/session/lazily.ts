/** A part of the session that is made when it is first asked for. */
export const lazily = <T>(make: () => T): (() => T) => {
  let made: { readonly part: T } | undefined;
  return () => (made ??= { part: make() }).part;
};

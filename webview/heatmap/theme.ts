import type { Picture } from '../../src/core/picture/layer.js';
import { readPalette, type Palette } from './palette.js';

/** The colours of the theme as it is now. */
export function currentPalette(picture: Picture): Palette {
  // Colours of layers are set on the body, by the kind of theme.
  const style = getComputedStyle(document.body);
  return readPalette(picture, (variable) => style.getPropertyValue(variable).trim());
}

/**
 * VS Code writes a theme to the style of <html> and to the classes of <body>. Returns a function
 * that stops listening.
 */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ['style', 'class'] });
  observer.observe(document.body, { attributeFilter: ['class'] });
  return () => {
    observer.disconnect();
  };
}

/** Whether the user wants nothing on the screen to move by itself. */
export const wantsStillness = (): boolean =>
  document.body.classList.contains('vscode-reduce-motion') ||
  matchMedia('(prefers-reduced-motion: reduce)').matches;

import type { Store } from '../state/store.js';
import { messageOf } from '../../src/core/text.js';

/** Copies the view as a picture, or gives it to the host to be saved. */
export async function takePicture(
  store: Store,
  command: 'copyPicture' | 'savePng' | 'saveSvg',
): Promise<void> {
  const { navigation, usedSide } = store;
  const { map } = usedSide.value;
  if (!map) return;
  try {
    switch (command) {
      case 'copyPicture':
        await focused();
        // The promise goes to the clipboard, which asks for the picture while it still may write.
        await navigator.clipboard.write([new ClipboardItem({ 'image/png': map.picture('png') })]);
        navigation.say('The view has been copied.');
        break;
      case 'savePng':
      case 'saveSvg': {
        const format = command === 'savePng' ? 'png' : 'svg';
        const picture = await map.picture(format);
        store.actions.saveFile(format, new Uint8Array(await picture.arrayBuffer()));
        break;
      }
    }
  } catch (error) {
    const why = messageOf(error);
    navigation.say(
      command === 'copyPicture'
        ? `The view cannot be copied here (${why}). It can be saved.`
        : `There is no picture: ${why}`,
    );
  }
}

/** Milliseconds that VS Code may take to close its palette. */
const FOCUS_WITHIN = 2000;

/** Only who has the focus may write to the clipboard: the palette, from which one comes, still has it. */
function focused(): Promise<void> {
  if (document.hasFocus()) return Promise.resolve();
  return new Promise((resolve) => {
    addEventListener(
      'focus',
      () => {
        resolve();
      },
      { once: true },
    );
    setTimeout(resolve, FOCUS_WITHIN);
    window.focus();
  });
}

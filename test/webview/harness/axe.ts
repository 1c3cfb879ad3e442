import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { settled, type EditorPage } from './editorPage.js';
import { THEMES, type Theme } from './themes.js';

const require = createRequire(import.meta.url);

type Objections = Readonly<Record<Theme, readonly string[]>>;

export const NO_OBJECTIONS: Objections = {
  dark: [],
  light: [],
  highContrast: [],
  highContrastLight: [],
};

/** Rules that look at colours. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** What axe-core objects to in the page as it is now, under each theme; the page ends in the last. */
export async function objections(editor: EditorPage): Promise<Objections> {
  const { page } = editor;
  if (!(await page.evaluate(() => 'axe' in window)))
    await page.addScriptTag({
      content: await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'),
    });
  const found: Record<Theme, readonly string[]> = { ...NO_OBJECTIONS };
  for (const theme of THEMES) {
    await editor.setTheme(theme);
    await settled(editor);
    // Colours that fade over are none that anybody reads.
    await page.waitForFunction(() => document.getAnimations().length === 0);
    // The page is the same under every theme, but for its colours.
    const rules = theme === THEMES[0] ? undefined : OF_COLOURS;
    found[theme] = await page.evaluate(
      (values) =>
        window.axe
          .run({
            resultTypes: ['violations'],
            ...(values && { runOnly: { type: 'rule', values } }),
          })
          .then((result) => result.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)),
      rules,
    );
  }
  return found;
}

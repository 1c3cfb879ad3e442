import * as vscode from 'vscode';
import type { PlaceFound } from '../core/inspect/locate.js';
import { describeLocated } from './locatedText.js';
import { parsePlace } from './location.js';
import type { ImagePanel } from './panel.js';
import type { HostCluster } from '../core/units.js';

/** What has been typed means this; `cluster` undefined: nothing that could be gone to. */
interface Understood {
  readonly cluster: HostCluster | undefined;
  readonly message: string;
}

/**
 * Asks for a place and shows it on the panel's map while it is typed: Enter stays there, Escape
 * goes back to where one was. With a text, as a key binding may have one, goes there at once.
 */
export async function goTo(panel: ImagePanel, text?: unknown): Promise<void> {
  if (!panel.document.facts?.geometry) return;
  if (typeof text === 'string') {
    const { cluster, message } = await understand(panel, text);
    if (cluster !== undefined) panel.reveal(cluster);
    else void vscode.window.showWarningMessage(message);
    return;
  }
  const input = vscode.window.createInputBox();
  input.title = vscode.l10n.t('Go to Place');
  input.placeholder = '0x50000';
  input.prompt = vscode.l10n.t(
    'A host offset (0x50000, 320K), "guest 0x60110000", "cluster 12", "L1 3", "L1 3 L2 17", or "L2 17" of the selected table',
  );
  let latest: Promise<Understood> | undefined;
  let committed = false;
  const show = async (typed: string): Promise<void> => {
    const asked = typed.trim() === '' ? undefined : understand(panel, typed);
    latest = asked;
    const understood = await asked;
    if (latest !== asked) return;
    input.validationMessage = understood && {
      message: understood.message,
      severity:
        understood.cluster === undefined
          ? vscode.InputBoxValidationSeverity.Error
          : vscode.InputBoxValidationSeverity.Info,
    };
    if (understood?.cluster !== undefined) panel.preview(understood.cluster);
  };
  const accept = async (): Promise<void> => {
    const cluster = (await latest)?.cluster;
    if (cluster === undefined) return;
    committed = true;
    panel.reveal(cluster);
    input.hide();
  };
  input.onDidChangeValue((typed) => void show(typed));
  input.onDidAccept(() => void accept());
  input.onDidHide(() => {
    latest = undefined;
    if (!committed) panel.preview(undefined);
    input.dispose();
  });
  input.show();
}

async function understand(panel: ImagePanel, text: string): Promise<Understood> {
  const place = parsePlace(text);
  const nothing = (message: string): Understood => ({ cluster: undefined, message });
  if (!place)
    return nothing(
      vscode.l10n.t(
        'Expected an offset such as 0x50000 or 320K, "guest" and an offset, "cluster", "L1" or "L2" and a number.',
      ),
    );
  if (place.type !== 'selected-l2') return located(panel, await panel.locate(place));
  const { selected } = panel;
  return selected === undefined
    ? nothing(vscode.l10n.t('Select an L2 table first, or say which: "L1 3 L2 17".'))
    : located(panel, await panel.locate({ ...place, selected }));
}

function located(panel: ImagePanel, answer: PlaceFound | string): Understood {
  const clusterBits = panel.document.facts?.geometry?.clusterBits ?? 0;
  if (typeof answer === 'string') return { cluster: undefined, message: answer };
  return {
    cluster: answer.type === 'found' ? answer.cluster : undefined,
    message: describeLocated(answer, clusterBits),
  };
}

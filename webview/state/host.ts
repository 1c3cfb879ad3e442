import type { FromWebview, ToWebview } from '../../src/protocol/webviewMessages.js';
import type { Question } from '../../src/protocol/rpc.js';

/** The extension host as the webview sees it. */
export interface Host {
  post(message: FromWebview<Question>): void;
  /** Calls back for every message from the host. */
  listen(receive: (message: ToWebview) => void): void;
  /** What was last kept for this editor, not to be trusted. */
  keptState(): unknown;
  keepState(state: object): void;
}

interface VsCodeApi {
  postMessage(message: FromWebview<Question>): void;
  getState(): unknown;
  setState(state: object): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The real host. To be called once. */
export function vsCodeHost(): Host {
  const api = acquireVsCodeApi();
  return {
    post: (message) => {
      api.postMessage(message);
    },
    listen: (receive) => {
      window.addEventListener('message', (event: MessageEvent<ToWebview>) => {
        receive(event.data);
      });
    },
    keptState: () => api.getState(),
    keepState: (state) => {
      api.setState(state);
    },
  };
}

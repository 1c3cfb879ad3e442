import type { Request } from '../protocol/rpc.js';

/** The files that the user has chosen as workloads: a webview has no others opened. */
export class ChosenWorkloads {
  readonly #files = new Set<string>();

  add(file: string): void {
    this.#files.add(file);
  }

  /** Why a question is not passed on; undefined when it is. */
  refusal(request: Request): string | undefined {
    if (request.method !== 'caches') return undefined;
    const { workload } = request.query;
    return workload.kind === 'pattern' || this.#files.has(workload.file)
      ? undefined
      : 'that file has not been chosen as a workload since the window opened: load it again';
  }
}

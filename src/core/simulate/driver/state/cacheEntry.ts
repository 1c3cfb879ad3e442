import { viewOf } from '../../../bytes.js';

/** Fills `target` with a table as the file has it now. */
type ReadTable = (target: Uint8Array, offset: number) => void;

/** A slot of a metadata cache, and the table in it. */
export class CacheEntry {
  /** In the file; 0 when the slot is empty. */
  offset = 0;
  /** The same in tables, an integer: fractions and offsets are boxed. -1 when empty. */
  number = -1;
  dirty = false;
  /** When it was last given back; 0: never, since the slot was last empty. */
  lastUse = 0;
  references = 0;
  /** In the order of use; -1: none yet. */
  place = -1;
  readonly slot: number;
  /** Among those that its cache has made. */
  readonly index: number;
  readonly #length: number;
  readonly #read: ReadTable;
  /** Made when somebody first looks: most slots are only looked up while a workload is replayed. */
  #view: DataView<ArrayBuffer> | undefined;
  #bytes: Uint8Array | undefined;
  #isUnread = false;

  constructor(slot: number, index: number, length: number, read: ReadTable) {
    this.slot = slot;
    this.index = index;
    this.#length = length;
    this.#read = read;
  }

  get bytes(): Uint8Array {
    if (!this.#bytes || this.#isUnread) this.fetch();
    return this.#bytes ?? new Uint8Array();
  }

  get view(): DataView {
    if (!this.#view || this.#isUnread) this.fetch();
    return this.#view ?? viewOf(new Uint8Array());
  }

  /** Bytes that it has in memory. */
  get held(): number {
    return this.#bytes?.length ?? 0;
  }

  /** Another table has taken the slot, and nobody has looked at it. */
  leaveUnread(): void {
    this.#isUnread = true;
  }

  /** The caller sets the contents itself. */
  willBeFilled(): void {
    this.#isUnread = false;
  }

  /** Reads the table if it has not been read. */
  fetch(): void {
    if (!this.#bytes) {
      const buffer = new ArrayBuffer(this.#length);
      this.#bytes = new Uint8Array(buffer);
      this.#view = new DataView(buffer);
    }
    if (!this.#isUnread) return;
    this.#isUnread = false;
    this.#read(this.#bytes, this.offset);
  }
}

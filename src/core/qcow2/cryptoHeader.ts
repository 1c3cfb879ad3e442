/** Where the LUKS header lies, in bytes (specification, "Full disk encryption header pointer"). */
export interface CryptoHeader {
  readonly offset: bigint;
  readonly length: bigint;
}

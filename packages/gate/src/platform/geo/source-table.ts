/** Where an address is registered, as far as a table knows. */

export interface SourcePlace {
  /** Two letters of ISO 3166-1, as the table has them; `""` when it does not know. */
  readonly country: string;
  /** Number of the network that announces the address; 0 when no table knows it. */
  readonly network: number;
}

/** Answers at once and from memory: it is asked for each connection. Never throws, whatever the text. */
export interface SourceTable {
  /** `address` as in `Source`: IPv4, or IPv6 in any form. */
  lookup(address: string): SourcePlace;
}

export const unknownPlace: SourcePlace = Object.freeze({ country: "", network: 0 });

/** Knows nothing. */
export const emptyTable: SourceTable = Object.freeze({ lookup: () => unknownPlace });

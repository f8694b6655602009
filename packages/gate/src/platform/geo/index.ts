export { GeoError, type GeoErrorCode } from "./geo-error.ts";
export { MmdbTable } from "./mmdb-table.ts";
export { RangeTable } from "./range-table.ts";
export { emptyTable, type SourcePlace, type SourceTable, unknownPlace } from "./source-table.ts";
export { SourceTables, type SourceTablesOptions, type TablesInForce } from "./source-tables.ts";
export { type TableDescription, TableFolder } from "./table-folder.ts";
export { type TableUpdate, type UpdatedTable, updateTable } from "./table-update.ts";

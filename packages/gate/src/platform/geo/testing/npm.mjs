// Stands in for npm in the tests: "packs" what TABLE_ARCHIVE names, and says the hash that TABLE_INTEGRITY gives.
// Usage: node npm.mjs pack NAME --json … --pack-destination DIR
import { copyFileSync } from "node:fs";
import { join } from "node:path";

const { TABLE_ARCHIVE, TABLE_INTEGRITY } = process.env;
const destination = process.argv.at(-1);
if (process.argv[2] !== "pack" || TABLE_ARCHIVE === undefined || destination === undefined) process.exit(1);
copyFileSync(TABLE_ARCHIVE, join(destination, "table-1.2.3.tgz"));
console.log(JSON.stringify([{ filename: "table-1.2.3.tgz", version: "1.2.3", integrity: TABLE_INTEGRITY }]));

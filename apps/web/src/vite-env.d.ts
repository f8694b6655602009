/// <reference types="vite/client" />

/** The version in package.json; set by vite.config.ts. */
declare const __BUILD__: string;

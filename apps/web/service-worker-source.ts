/**
 * The service worker, as text: it holds the names of the build's files. It answers for the shell only.
 * Nothing of a person passes through it: messages travel by WebSocket, the database is not its business,
 * and the fragment of a link never reaches any request.
 */

export interface ServiceWorkerInput {
  /** Differs whenever a file does. */
  readonly version: string;
  /** Paths of the shell's files, `/` among them. */
  readonly files: readonly string[];
}

export function serviceWorkerSource({ version, files }: ServiceWorkerInput): string {
  return `"use strict";
const cacheName = "shell-${version}";
const files = new Set(${JSON.stringify(files)});

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOthers());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
  else if (files.has(url.pathname)) event.respondWith(shellFile(event.request));
});

async function install() {
  const cache = await caches.open(cacheName);
  await cache.addAll([...files].map((path) => new Request(path, { cache: "reload" })));
  await self.skipWaiting();
}

async function removeOthers() {
  for (const name of await caches.keys()) {
    if (name.startsWith("shell-") && name !== cacheName) await caches.delete(name);
  }
  await self.clients.claim();
}

/** The newest page while there is a connection; the kept one otherwise. */
async function page(request) {
  try {
    const response = await fetch(request);
    if (response.ok) return response;
  } catch {
    // Offline: answered from the cache below.
  }
  const cache = await caches.open(cacheName);
  return (await cache.match("/")) ?? Response.error();
}

/** Names carry a hash of the content, so a kept file is never out of date. */
async function shellFile(request) {
  const cache = await caches.open(cacheName);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}
`;
}

// Brings a clone to where it can run: npm packages, the built web app and, for the tests, Debian packages.
// Plain JavaScript, because it runs on whatever Node started it, before anything is installed.
// Usage: node tools/setup.mjs start|test
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode } from "./node.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampsFolder = join(root, "node_modules", ".rempart");

/** Debian packages that the tests use, each with a program that shows it is there. */
const testPackages = [
  { program: "chromium", packages: ["chromium", "fonts-dejavu-core", "fonts-noto-color-emoji"] },
  { program: "firefox-esr", packages: ["firefox-esr"] },
  { program: "openssl", packages: ["openssl"] },
  { program: "nft", packages: ["nftables"] },
  { program: "ip", packages: ["iproute2"] },
];

main(process.argv[2]);

function main(purpose) {
  if (purpose !== "start" && purpose !== "test") fail("Usage: node tools/setup.mjs start|test");
  installNpmPackages();
  buildWebApp();
  if (purpose === "test") installDebianPackages();
}

function installNpmPackages() {
  const inputs = hashOf(["package.json", "package-lock.json", "patches"]);
  if (isStamped("npm", inputs)) return;
  console.error("Rempart: installing its npm packages …");
  run(
    "npm",
    ["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    'Is the npm registry reachable? "npm ci" says more.',
  );
  stamp("npm", inputs);
}

function buildWebApp() {
  const inputs = hashOf([
    "package-lock.json",
    "apps/web/index.html",
    "apps/web/public",
    "apps/web/src",
    "apps/web/vite.config.ts",
    "packages/protocol/src",
    "packages/session/src",
    "packages/client/src",
  ]);
  if (isStamped("web", inputs) && existsSync(join(root, "apps/web/dist/index.html"))) return;
  console.error("Rempart: building the web app …");
  const node = findNode();
  if (node === undefined) fail("Rempart: the pinned Node is missing; delete node_modules and try again.");
  run(node, ["node_modules/vite/bin/vite.js", "build", "apps/web", "--logLevel", "error"], "The build says why above.");
  stamp("web", inputs);
}

function installDebianPackages() {
  const missing = testPackages.filter(({ program }) => !isOnPath(program)).flatMap(({ packages }) => packages);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  const mayInstall = process.getuid?.() === 0 && isOnPath("apt-get");
  if (!mayInstall) fail(`Rempart: the tests need Debian packages that are missing. Run: sudo ${command}`);
  console.error(`Rempart: installing ${missing.join(", ")} …`);
  run("apt-get", ["update", "-qq"], "apt-get says why above.");
  const [program, ...args] = command.split(" ");
  run(program, args, `Run it by hand to see why: ${command}`, { DEBIAN_FRONTEND: "noninteractive" });
}

function run(program, args, hint, environment = {}) {
  const result = spawnSync(program, args, {
    cwd: root,
    // Standard output belongs to the program that runs after the setup (it may be JSON).
    stdio: ["ignore", 2, 2],
    env: { ...process.env, ...environment },
  });
  if (result.status !== 0) fail(`Rempart: "${program} ${args.join(" ")}" failed. ${hint}`);
}

function isOnPath(program) {
  // The path of an ordinary user has no /usr/sbin, where administrators' programs are.
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** One hash over the contents of files and folders, in a fixed order. */
function hashOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths) addToHash(hash, path);
  return hash.digest("hex");
}

function addToHash(hash, path) {
  const full = join(root, path);
  if (!existsSync(full)) return;
  const children = listFolder(full);
  if (children === undefined) hash.update(`${path}\n`).update(readFileSync(full));
  else for (const child of children) addToHash(hash, join(path, child));
}

function listFolder(path) {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

function isStamped(name, value) {
  const file = join(stampsFolder, name);
  return existsSync(file) && readFileSync(file, "utf8") === value;
}

function stamp(name, value) {
  mkdirSync(stampsFolder, { recursive: true });
  writeFileSync(join(stampsFolder, name), value);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

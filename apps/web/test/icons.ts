/** Draws the PNG icons of the manifest from `public/icon.svg`: `node apps/web/test/icons.ts`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launchChromium } from "./chromium.ts";

const folder = fileURLToPath(new URL("../public", import.meta.url));
const svg = await readFile(join(folder, "icon.svg"), "utf8");
const browser = await launchChromium();
for (const size of [192, 512]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  // Square to the edges: systems cut the shape they like out of it.
  await page.setContent(`<style>body{margin:0;background:#1c4a3c}svg{display:block;width:100vw}</style>${svg}`);
  await page.screenshot({ path: join(folder, `icon-${size}.png`) });
  await page.close();
}
await browser.close();

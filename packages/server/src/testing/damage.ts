import { open, stat } from "node:fs/promises";

const pageBytes = 4_096;

/** Overwrites every page of a closed database that holds a thousand bytes of `7`s, as entries of the tests do. */
export async function damageEntryPages(file: string): Promise<void> {
  const handle = await open(file, "r+");
  const { size } = await stat(file);
  for (let at = pageBytes; at < size; at += pageBytes) {
    const { buffer } = await handle.read(Buffer.alloc(pageBytes), 0, pageBytes, at);
    if (buffer.includes(Buffer.alloc(1_000, 7))) await handle.write(Buffer.alloc(pageBytes, 0xff), 0, pageBytes, at);
  }
  await handle.close();
}

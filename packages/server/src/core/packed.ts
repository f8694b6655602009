/**
 * Short byte strings that connections keep for as long as they live, packed into text, one character a byte. A
 * `Uint8Array` of 32 bytes takes about 250 bytes of memory, the text 48; and as a map's key it compares by content.
 */
export function packed(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** A fresh copy of what was packed. */
export function unpacked(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

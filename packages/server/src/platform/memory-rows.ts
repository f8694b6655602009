/** A copy: what a caller does with its bytes later must not reach the disk. */
export function copy<T extends Uint8Array>(bytes: T): T {
  return bytes.slice() as T;
}

/** A row that must exist, because the engine has just found it. */
export function existing<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError("no such row");
  return value;
}

import { LabError } from "./lab-error.ts";

/** Settles as `promise` does, or fails with `ERR_TIMEOUT` after `timeoutMs`: nothing in the lab waits for ever. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LabError("ERR_TIMEOUT", `${what} took more than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

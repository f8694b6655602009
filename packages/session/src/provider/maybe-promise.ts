/** A value now or later: synchronous platforms pay one microtask, asynchronous ones nothing more. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Proof of work without the work: whoever has spent the (virtual) time on a task is told a counter, and the gate's hash
 * of that counter solves the task. For everything else the hash is SHA-256. So effort may rise to its cap in a test of
 * seconds, and the gate checks solutions by its own code all the same.
 */
import { type Crypto, nodeCrypto } from "@rempart/gate";
import { toHex, type WorkTask, workPrefix } from "@rempart/protocol";
import type { Random } from "../random.ts";

const triedBytes = 40;
const solved = new Uint8Array(32);

export class WorkOracle {
  /** The gate's cryptography. */
  readonly crypto: Crypto;
  readonly #random: Random;
  readonly #solutions = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
    this.crypto = { ...nodeCrypto, sha256: (bytes) => (this.#isSolution(bytes) ? solved : nodeCrypto.sha256(bytes)) };
  }

  /** The 8 bytes of counter that solve this task from now on. */
  solve(task: WorkTask): Uint8Array {
    const solution = this.#random.bytes(8);
    const tried = new Uint8Array(triedBytes);
    tried.set(workPrefix(task));
    tried.set(solution, triedBytes - solution.length);
    this.#solutions.add(toHex(tried));
    return solution;
  }

  #isSolution(bytes: Uint8Array): boolean {
    return bytes.length === triedBytes && this.#solutions.has(toHex(bytes));
  }
}

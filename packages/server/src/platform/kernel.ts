/** What is handed to the kernel, when the operator asked for that: the gate's deny list, and connection rates. */
import { type Denial, NftablesOffload, type NftablesOptions, type NftablesState, nodeClock } from "@rempart/gate";
import type { Logger } from "pino";
import type { KernelView } from "./admin/gate-observer.ts";

export interface KernelOptions {
  /** Prefixes of the proxies in front, which speak for many. */
  readonly proxies: readonly string[];
  readonly log: Logger;
  /** Another program than `nft`: for tests. */
  readonly nft?: NonNullable<NftablesOptions["nft"]>;
}

/** Never fails: a server whose kernel cannot help goes on without it, and says so. */
export class Kernel {
  readonly #options: KernelOptions;
  #offload: NftablesOffload | undefined;

  constructor(options: KernelOptions) {
    this.#options = options;
  }

  get view(): KernelView {
    const { isOn, problem }: NftablesState = this.#offload?.state ?? { isOn: false };
    const drops = this.#offload?.drops ?? { denied: 0, rate: 0 };
    return { isOn, ...(problem === undefined ? {} : { problem: problem.message }), ...drops };
  }

  /** Resolves when the table for this port is in force, or it is known why not. */
  async start(port: number): Promise<void> {
    const { proxies, nft } = this.#options;
    this.#offload = new NftablesOffload({
      ports: [port],
      trusted: proxies,
      elapsed: () => nodeClock.elapsed(),
      report: (state) => this.#report(state),
      ...(nft === undefined ? {} : { nft }),
    });
    await this.#offload.start();
  }

  /** Once a second. */
  tick(denials: readonly Denial[]): void {
    void this.#offload?.tick(denials);
  }

  async stop(): Promise<void> {
    await this.#offload?.stop();
  }

  #report({ problem }: NftablesState): void {
    const { log } = this.#options;
    if (problem === undefined) log.info("the kernel drops for the gate");
    else
      log.warn(
        { code: problem.code, reason: problem.message },
        "the kernel does not drop for the gate, which goes on alone",
      );
  }
}

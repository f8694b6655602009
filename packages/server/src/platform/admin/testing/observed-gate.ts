/** A real gate with an invented history, for the tests of what operators see. */
import { Gate, nodeClock, nodeCrypto, nodeEntropy, RangeTable, sourceOf, Visit } from "@rempart/gate";
import { GateObserver, type GateObserverOptions } from "../gate-observer.ts";

export const table = new RangeTable("127.1.0.0/16,FR,64501\n127.2.0.0/16,DE,64502\n127.3.0.0/16,BR\n");
export const source = (address: string) => sourceOf(address, (plain) => table.lookup(plain).network);

export function observedGate(options: Partial<GateObserverOptions> = {}) {
  let at = Date.UTC(2026, 0, 1);
  const gate = new Gate(
    {
      clock: nodeClock,
      entropy: nodeEntropy,
      crypto: nodeCrypto,
      tokens: { check: () => ({ fault: "forged" }) },
      spent: { spend: async () => true },
      places: { country: (address) => table.lookup(address).country },
    },
    { secret: new Uint8Array(32), hosts: () => ["chat.example"] },
  );
  const now = () => at;
  const observer = new GateObserver({ gate, table, sourceOf: source, now, ...options });
  /** A connection from there that gets as far as its request, and then proves nothing. */
  const visit = (address: string) => {
    const arrived = gate.arrive(source(address));
    if (!(arrived instanceof Visit)) return;
    for (const stage of ["peek", "head"] as const) arrived.enter(stage);
    arrived.lost("head-timeout");
  };
  const pass = (seconds: number) => {
    for (let i = 0; i < seconds; i += 1) {
      at += 1_000;
      observer.tick();
    }
  };
  return { gate, observer, visit, pass };
}

/** The fifteen attacks of the lab, as they look to the gate's core: what one attempt of each does. */
import { encode, proofCodec, ticketBytes, tokenBytes } from "@rempart/protocol";
import type { AttackName } from "../../attack/attacks.ts";
import type { HeadForm, HelloForm } from "./call.ts";
import type { Camp } from "./camp.ts";
import { framesAtOnceMax, framesPerSecondMax } from "./machine.ts";

/** How long one who works inside does so, in quarters of a second. */
const turnsMax = 40;
const turnMs = 250;

/** One attempt of each attack. `pulses` comes in bursts of what the others do: see `horde.ts`. */
export const assaults: Readonly<Record<AttackName, (camp: Camp) => void>> = {
  silent: (camp) => camp.dial({}),
  churn: (camp) => camp.dial({ isFleeting: true }),
  slow: (camp) => {
    if (camp.random.chance(0.5)) camp.dial({ hello: "good", helloAfterMs: camp.random.between(1_500, 4_000) });
    else camp.dial({ hello: "good", head: "upgrade", headAfterMs: camp.random.between(2_000, 7_000) });
  },
  handshakes: (camp) => camp.dial({ hello: "good", finishes: camp.random.chance(0.7) }),
  junk: (camp) => {
    const forms: readonly HelloForm[] = ["junk", "too-long", "good"];
    const session = { isMembers: false, usesLeft: 1 };
    camp.dial({ hello: camp.random.pick(forms) ?? "junk", session, head: "junk" });
  },
  upgrades: (camp) => {
    const forms: readonly HeadForm[] = ["origin", "junk", "too-long", "website", "upgrade"];
    const head = camp.random.pick(forms) ?? "junk";
    camp.dial({ hello: "good", head, ...(camp.random.chance(0.5) && { proof: () => Uint8Array.of(0) }) });
  },
  proofs: (camp) => camp.prove(() => forgery(camp)),
  work: (camp) => {
    camp.prove(
      () => camp.work(),
      (call) => camp.after(camp.random.below(3_000), () => call.hangUp()),
    );
  },
  effort: (camp) => camp.prove(() => (camp.random.chance(0.3) ? camp.bluff() : camp.work(camp.random.between(1, 6)))),
  replays: (camp) => {
    if (camp.random.chance(0.3)) camp.enter((call) => camp.after(1_000, () => call.hangUp()));
    const bytes = camp.used();
    // The same from several places at once: at most one of them may get in.
    for (let i = camp.random.between(1, 3); i > 0; i--) camp.prove(() => bytes);
  },
  pings: (camp) => camp.enter((call) => call.flood(camp.random.between(framesAtOnceMax, 3 * framesAtOnceMax))),
  bombs: (camp) => camp.enter((call) => call.flood(Number.MAX_SAFE_INTEGER)),
  readers: (camp) => {
    // It asks for more than it reads; after a while the server has had enough of that.
    camp.enter((call) => {
      call.flood(framesAtOnceMax);
      camp.after(camp.random.between(2_000, 20_000), () => call.hangUp());
    });
  },
  member: (camp) => {
    camp.enter((call) => {
      const work = (turns: number) => {
        call.flood(Math.floor((framesPerSecondMax * turnMs) / 1_000));
        if (turns > 1) camp.after(turnMs, () => work(turns - 1));
        else call.hangUp();
      };
      work(turnsMax);
    });
  },
  pulses: (camp) => camp.prove(() => (camp.random.chance(0.5) ? encode(proofCodec, { kind: "none" }) : camp.work())),
};

function forgery(camp: Camp): Uint8Array {
  const { random } = camp;
  const kind = random.pick(["ticket", "token", "bluff", "junk", "empty", "huge"] as const) ?? "junk";
  if (kind === "ticket") return encode(proofCodec, { kind, ticket: random.bytes(ticketBytes) });
  if (kind === "token") {
    const token = random.bytes(tokenBytes);
    token.set([0, 2]);
    return encode(proofCodec, { kind, token });
  }
  if (kind === "bluff") return camp.bluff();
  return random.bytes({ junk: random.below(100), empty: 0, huge: 2_000 }[kind]);
}

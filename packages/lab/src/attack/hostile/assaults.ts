import type { AttackName } from "../attacks.ts";
import type { Assault } from "./assault.ts";
import { Churn, Silent, Slow } from "./connections.ts";
import { Upgrades, WrongProofs } from "./entrance.ts";
import type { Field } from "./field.ts";
import { Bombs, Member, Pings, Readers } from "./inside.ts";
import { Pulses } from "./pulses.ts";
import { Replays } from "./replays.ts";
import { Handshakes, Junks } from "./tls.ts";
import { Effort, Work } from "./work.ts";

const makers: Record<AttackName, new (field: Field) => Assault> = {
  silent: Silent,
  churn: Churn,
  slow: Slow,
  handshakes: Handshakes,
  junk: Junks,
  upgrades: Upgrades,
  proofs: WrongProofs,
  work: Work,
  effort: Effort,
  replays: Replays,
  pings: Pings,
  bombs: Bombs,
  readers: Readers,
  member: Member,
  pulses: Pulses,
};

export function assaultOf(name: AttackName, field: Field): Assault {
  return new makers[name](field);
}

/** The fifteen attacks, in the order of the design: their names on the command line and what they do. */
export const attacks = {
  silent: { number: 1, title: "silent connections from thousands of sources", onRivals: true },
  churn: { number: 2, title: "connect and reset", onRivals: true },
  slow: { number: 3, title: "slow hello, slow head", onRivals: true },
  handshakes: { number: 4, title: "full handshakes", onRivals: true },
  junk: { number: 5, title: "TLS junk, split hellos, forged tickets", onRivals: true },
  upgrades: { number: 6, title: "upgrades without proof, wrong Origin, huge headers", onRivals: true },
  proofs: { number: 7, title: "invalid proofs", onRivals: true },
  work: { number: 8, title: "valid proofs of work from a few attackers", onRivals: false },
  effort: { number: 9, title: "effort inflation", onRivals: false },
  replays: { number: 10, title: "replayed tokens and shared tickets", onRivals: false },
  pings: { number: 11, title: "floods of pings and one-byte frames", onRivals: true },
  bombs: { number: 12, title: "fragment and length bombs", onRivals: true },
  readers: { number: 13, title: "slow readers", onRivals: true },
  member: { number: 14, title: "members who write and scan as fast as they can", onRivals: false },
  pulses: { number: 15, title: "pulses, then everybody reconnects at once", onRivals: true },
} as const;

export type AttackName = keyof typeof attacks;

export const attackNames = Object.keys(attacks) as AttackName[];

/** The attack that `text` names, by its name or its number. */
export function attackOf(text: string): AttackName | undefined {
  return attackNames.find((name) => name === text || String(attacks[name].number) === text);
}

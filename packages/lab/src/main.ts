/** `rempart-lab`: the simulator, the benchmark, the attacks, the vectors and the kill lab behind one command. */
import { messageOf } from "./lab-error.ts";

const usage = `usage:
  rempart-lab sim --seed=N --ops=N            the deterministic simulation
  rempart-lab bench [NAME…] [--json] [--seconds N] [--repetitions N] [--bytes N]
                    [--layout split|shared] [--quick] [--profile]
  rempart-lab attack [NAME…|all] [--ratio 0,1,10,50,200] [--tls | --plain] [--json] [--report FILE]
                    [--against rempart|ejabberd|prosody|mosquitto|all] [--setup default|hardened|haproxy]
                    [--seconds QUIET,ATTACK,AFTER] [--rates A,B,C,D] [--crowd N] [--seed N] [--force]
  rempart-lab kill [--rounds N] [--seed N] [--json]
  rempart-lab vectors mls|privacypass FILE…`;

/** Each command is loaded only when it is asked for: the simulator must not pay for the benchmark. */
const commands: Record<string, (args: string[]) => Promise<number>> = {
  sim: async (args) => (await import("./sim/main.ts")).runSim(args),
  bench: async (args) => (await import("./bench/main.ts")).runBench(args),
  attack: async (args) => (await import("./attack/main.ts")).runAttack(args),
  kill: async (args) => (await import("./kill/main.ts")).runKill(args),
  vectors: async (args) => (await import("./vectors.ts")).runVectors(args, { print: (line) => console.log(line) }),
};

async function main(args: string[]): Promise<number> {
  const [name = "", ...rest] = args;
  const command = commands[name];
  if (command === undefined) {
    console.error(usage);
    return 2;
  }
  try {
    return await command(rest);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    console.error(`${code}: ${messageOf(error)}`);
    return 1;
  }
}

/** The code of a failure that was foreseen, here or in a package that the lab uses. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && code.startsWith("ERR_") ? code : undefined;
}

process.exit(await main(process.argv.slice(2)));

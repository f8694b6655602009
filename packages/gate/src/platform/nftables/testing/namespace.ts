/** A network of its own for a test: nothing in it touches the machine's. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

/** Programs are asked for with this path, whoever runs the tests. */
const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };

export class Namespace {
  /** What stands before a command to run it inside. */
  readonly enter: readonly [string, ...string[]];
  readonly #holder: ReturnType<typeof spawn>;

  private constructor(enter: readonly [string, ...string[]], holder: ReturnType<typeof spawn>) {
    this.enter = enter;
    this.#holder = holder;
  }

  /** Rejects with the command that helps where a namespace cannot be had. */
  static async make(): Promise<Namespace> {
    ensureTools();
    const isRoot = process.getuid?.() === 0;
    const holder = spawn(
      "unshare",
      [...(isRoot ? [] : ["--user", "--map-root-user"]), "--net", "sh", "-c", holderScript],
      {
        env,
        stdio: ["pipe", "pipe", "pipe"],
      },
    );
    let stderr = "";
    holder.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [output] = await Promise.race([once(holder.stdout, "data"), once(holder, "close").then(() => [""])]);
    if (String(output) !== "ready\n")
      throw new Error(`the test needs a network namespace. ${namespaceHelp}\n${stderr}`);
    const user = isRoot ? [] : ["--user", "--preserve-credentials"];
    return new Namespace(["nsenter", "--target", String(holder.pid), ...user, "--net", "--"], holder);
  }

  /** Runs a program inside and answers what it printed. */
  run(...command: readonly string[]): string {
    const [program, ...first] = this.enter;
    return execFileSync(program, [...first, ...command], { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  async end(): Promise<void> {
    const closed = once(this.#holder, "close");
    this.#holder.stdin?.end();
    await closed;
  }
}

const holderScript = "ip link set lo up && nft list ruleset && echo ready && cat";
const namespaceHelp =
  "As root it can have one; as another user allow it once with: sudo sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0";

function ensureTools(): void {
  const packages = { nft: "nftables", ip: "iproute2", unshare: "util-linux", nsenter: "util-linux" };
  const missing = Object.entries(packages).filter(([program]) => {
    return spawnSync("sh", ["-c", `command -v ${program}`], { env }).status !== 0;
  });
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(([, name]) => name))].join(" ");
  throw new Error(
    `the test needs programs that are missing. Run: sudo apt-get install -y --no-install-recommends ${names}`,
  );
}

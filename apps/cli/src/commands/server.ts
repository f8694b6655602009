import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { renderUnicodeCompact } from "uqr";
import type { Command, Context } from "../command.ts";
import { dataDirOf, dataOption } from "../data-dir.ts";
import { CliError } from "../failure.ts";
import { type ListenAddress, parseListenAddress, parseOrigin } from "../listen-address.ts";

const webRoot = fileURLToPath(new URL("../../../web/dist", import.meta.url));
const listenDefault = "127.0.0.1:8080";

export const serverCommand: Command = {
  name: "server",
  usage:
    "[--data DIR] [--listen HOST:PORT] [--admin-listen HOST:PORT] [--public-url URL] [--tls-cert FILE --tls-key FILE]",
  summary: "Run a server.",
  details: [
    "On its first start it prints a link with which the first account, an admin, is made; the link is good once, for a day.",
    "On anything but 127.0.0.1 connections have to be encrypted: give --tls-cert and --tls-key, or put a proxy with TLS in front and name it with --proxy. Browsers refuse to keep keys for an address without TLS that is not this machine's own.",
    "With its own TLS the server knows returning members before it does any work for them; behind a proxy that ends TLS it does not.",
  ],
  options: {
    data: dataOption,
    listen: {
      type: "string",
      value: "HOST:PORT",
      help: `where clients connect (default ${listenDefault}; port 0 takes a free one)`,
    },
    "admin-listen": {
      type: "string",
      value: "HOST:PORT",
      help: "where health and metrics are served (default: this machine only, the port after that of --listen)",
    },
    "network-table": {
      type: "string",
      value: "FILE",
      help: "a table of network numbers in MaxMind's DB format; without it networks are unknown",
    },
    nftables: {
      type: "boolean",
      help: "let the kernel drop what the gate denies, in a table of its own (needs nft and CAP_NET_ADMIN)",
    },
    proxy: {
      type: "string",
      value: "CIDR,…",
      help: "addresses or ranges of the proxies in front, such as 10.0.0.0/8: what they say about where a connection comes from counts (PROXY protocol v2, X-Forwarded-For)",
    },
    "public-url": {
      type: "string",
      value: "URL",
      help: "the address by which people reach the server, such as https://chat.example: links name it, and nobody can sign in through an address that is neither this one nor the one it listens on",
    },
    "tls-cert": {
      type: "string",
      value: "FILE",
      help: "certificate and chain, PEM, read at the start: the server speaks TLS 1.3 itself",
    },
    "tls-key": { type: "string", value: "FILE", help: "the certificate's private key, PEM" },
  },
  positionals: { min: 0, max: 0 },
  handlesStop: true,
  run: runServer,
};

async function runServer(context: Context): Promise<void> {
  const { args, output, stop, world } = context;
  const listen = parseListenAddress("--listen", args.text("listen") ?? listenDefault);
  const origin = args.text("public-url");
  const publicUrl = origin === undefined ? undefined : parseOrigin(origin);
  const networkTable = args.text("network-table");
  const certificate = await readCertificate(args.text("tls-cert"), args.text("tls-key"));
  const hasWeb = existsSync(join(webRoot, "index.html"));
  const server = await start({
    dataDir: dataDirOf(args.text("data"), world.env),
    listen,
    adminListen: await adminAddress(args.text("admin-listen"), listen),
    ...(hasWeb ? { webRoot } : {}),
    allowedOrigins: publicUrl === undefined ? [] : [publicUrl],
    ...(networkTable === undefined ? {} : { networkTable }),
    nftables: args.flag("nftables"),
    proxies: proxiesOf(args.text("proxy")),
    ...(certificate === undefined ? {} : { certificate }),
    logTo: world.stderr,
  });
  const url = publicUrl ?? openableUrl(listen, server);
  const invite = server.firstInvite === undefined ? undefined : await firstInviteLink(url, server.firstInvite);
  output.print(
    { event: "ready", url, admin: server.adminUrl, ...(invite === undefined ? {} : { invite }) },
    readyText(context, {
      url,
      admin: server.adminUrl,
      invite,
      hasWeb,
      isExposed: certificate === undefined && isExposed(listen, publicUrl),
    }),
  );
  if (!stop.aborted)
    await new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
  await server.stop();
}

type ServerOptions = Parameters<typeof import("@rempart/server").startServer>[0];

async function start({ logTo, ...options }: ServerOptions & { readonly logTo: NodeJS.WritableStream }) {
  const { createLog, startServer } = await import("@rempart/server");
  try {
    return await startServer({ ...options, log: createLog(logTo) });
  } catch (error) {
    throw asSystemFailure(error) ?? error;
  }
}

/** Ranges, as the server checks them. */
function proxiesOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(",").map((range) => range.trim());
}

/** Both files or neither. Throws `ERR_USAGE` and `ERR_FILE`. */
async function readCertificate(certFile: string | undefined, keyFile: string | undefined) {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new CliError("ERR_USAGE", "--tls-cert and --tls-key go together");
  }
  const [cert, key] = await Promise.all([readPem(certFile), readPem(keyFile)]);
  return { cert, key };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new CliError("ERR_FILE", `${file} cannot be read (${reason})`);
  }
}

/** Failures that the operator can mend: what the system reports by its own codes, and what was given on the command line. */
function asSystemFailure(error: unknown): CliError | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code === "ERR_PROXY_RANGE") return new CliError("ERR_USAGE", `--proxy: ${error.message}`);
  if (/^ERR_(OSSL|SSL|CRYPTO)_/.test(String(error.code))) {
    return new CliError("ERR_FILE", `the certificate or its key cannot be used (${String(error.code)})`);
  }
  if (!("syscall" in error)) return undefined;
  const port = "port" in error ? Number(error.port) : 0;
  if (error.code === "EADDRINUSE") {
    return new CliError("ERR_PORT_IN_USE", `port ${port} is in use by another program`, { port });
  }
  const isNetwork = error.syscall === "listen" || error.syscall === "getaddrinfo";
  const problem = isNetwork ? "the server cannot listen there" : "the data directory cannot be used";
  return new CliError(isNetwork ? "ERR_LISTEN" : "ERR_FILE", `${problem} (${String(error.code)})`);
}

/** What was asked for; otherwise the next port on this machine, or any free one when that is taken. */
async function adminAddress(option: string | undefined, listen: ListenAddress): Promise<ListenAddress> {
  if (option !== undefined) return parseListenAddress("--admin-listen", option);
  const next = { host: "127.0.0.1", port: listen.port === 0 ? 0 : listen.port + 1 };
  return (await isFree(next)) ? next : { host: next.host, port: 0 };
}

function isFree({ host, port }: ListenAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    if (port > 65_535) resolve(false);
    else probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

/** Every address of the machine is no address to open: a browser on this machine takes `localhost`. */
function openableUrl({ host }: ListenAddress, { url, port }: { readonly url: string; readonly port: number }): string {
  return host === "0.0.0.0" || host === "::" ? `${new URL(url).protocol}//localhost:${port}` : url;
}

async function firstInviteLink(origin: string, inviteSecret: NonNullable<FirstInvite>): Promise<string> {
  const { formatLink } = await import("@rempart/session");
  const { nodeProvider } = await import("@rempart/session/provider/node");
  return formatLink(nodeProvider(), { kind: "invitation", origin, inviteSecret });
}

type FirstInvite = Awaited<ReturnType<typeof import("@rempart/server").startServer>>["firstInvite"];

/** Whether others can reach the port although nothing says that there is TLS in front. */
function isExposed({ host }: ListenAddress, publicUrl: string | undefined): boolean {
  const isLoopback = host === "localhost" || host === "::1" || host.startsWith("127.");
  return !isLoopback && publicUrl?.startsWith("https:") !== true;
}

interface Ready {
  readonly url: string;
  readonly admin: string;
  readonly invite: string | undefined;
  readonly hasWeb: boolean;
  readonly isExposed: boolean;
}

function readyText({ output }: Context, { url, admin, invite, hasWeb, isExposed }: Ready): string {
  const lines = [
    `Rempart is ready at ${output.style("bold", url)}`,
    output.style("dim", `Health and metrics: ${admin}`),
  ];
  if (!hasWeb) lines.push(output.style("yellow", 'The web app is not built: run "npm run build" and start again.'));
  if (isExposed)
    lines.push(
      output.style(
        "yellow",
        "Others can reach this port without TLS: give --tls-cert and --tls-key, or put a proxy with TLS in front and give --public-url.",
      ),
    );
  if (invite !== undefined) {
    lines.push("", "Open this link to make the first account, which is an admin. It is good once, for a day:", "");
    lines.push(output.style("bold", invite), "", renderUnicodeCompact(invite));
  }
  lines.push("", output.style("dim", "Ctrl-C stops it."));
  return lines.join("\n");
}

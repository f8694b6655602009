// Runs inside a namespace. Listens on PORT of every address, makes COUNT connections at once from SOURCE to it, and
// prints how many were answered within WAIT milliseconds.
// Usage: node connect.mjs PORT SOURCE COUNT WAIT
import { once } from "node:events";
import { connect, createServer } from "node:net";

const [port, source, count, wait] = process.argv.slice(2);
const server = createServer((socket) => socket.on("error", () => socket.destroy()));
await once(server.listen({ port: Number(port), host: "::", backlog: 4_096 }), "listening");
const answers = await Promise.all(Array.from({ length: Number(count) }, isAnswered));
process.stdout.write(String(answers.filter(Boolean).length));
process.exit(0);

function isAnswered() {
  const host = source.includes(":") ? "::1" : "127.0.0.1";
  const socket = connect({ port: Number(port), host, localAddress: source });
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), Number(wait));
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  }).finally(() => socket.destroy());
}

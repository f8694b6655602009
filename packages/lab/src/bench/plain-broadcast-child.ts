/**
 * What fan-out is compared with: a `ws` server that hands every message to every member and does nothing
 * else. No storage, no rights, no acknowledgement; `ws` as it comes, compression off.
 */
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
const members = new Set<import("ws").WebSocket>();

server.on("connection", (socket, request) => {
  if (request.url === "/member") members.add(socket);
  socket.on("close", () => members.delete(socket));
  socket.on("error", () => socket.terminate());
  socket.on("message", (data) => {
    for (const member of members) member.send(data, { binary: true });
  });
});
server.on("listening", () => {
  console.log(JSON.stringify({ event: "ready", port: (server.address() as AddressInfo).port }));
});
process.on("SIGTERM", () => process.exit(0));

import type { Command } from "../command.ts";
import { accountCommands } from "./account.ts";
import { chatCommands } from "./chat.ts";
import { chatOpenCommand } from "./chat-open.ts";
import { contactCommands } from "./contact.ts";
import { gateCommands } from "./gate.ts";
import { geoCommands } from "./geo.ts";
import { groupCommands } from "./group.ts";
import { historyCommand } from "./history.ts";
import { inviteCommands } from "./invite.ts";
import { listenCommand } from "./listen.ts";
import { messageCommands } from "./message.ts";
import { sendCommand } from "./send.ts";
import { serverCommand } from "./server.ts";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  serverCommand,
  ...gateCommands,
  ...geoCommands,
  ...accountCommands,
  ...inviteCommands,
  ...contactCommands,
  ...chatCommands,
  chatOpenCommand,
  ...groupCommands,
  sendCommand,
  ...messageCommands,
  historyCommand,
  listenCommand,
];

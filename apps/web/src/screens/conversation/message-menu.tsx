/** The menu of a message: quick reactions above, actions below. */
import type { MessageView } from "@rempart/client";
import { useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import type { ConversationModel } from "../../app/conversation-model.ts";
import { quickEmoji } from "../../parts/emoji.ts";
import { EmojiPicker } from "../../parts/emoji-picker.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Menu, type Point } from "../../parts/menu.tsx";
import { messageActions } from "./message-actions.ts";

export interface MessageMenuRequest {
  readonly message: MessageView;
  readonly at: Point;
}

export interface MessageMenuProps {
  readonly model: ConversationModel;
  readonly request: MessageMenuRequest;
  onClose(): void;
}

export function MessageMenu({ model, request, onClose }: MessageMenuProps) {
  const text = useText();
  const app = useModel();
  const [isPicking, setPicking] = useState(false);
  const { message, at } = request;
  const context = { app, model, message };
  const react = (emoji: string) => {
    const remove = message.reactions.some((reaction) => reaction.emoji === emoji && reaction.own);
    void app.attempt(() => app.client.react({ message: message.message, emoji, remove }));
  };
  if (isPicking) return <EmojiPicker label={text.react} at={at} onPick={react} onClose={onClose} />;
  const items = messageActions
    .filter((action) => action.isOffered(context))
    .map((action) => ({
      label: text.messageActions[action.name],
      icon: action.icon,
      isDangerous: action.name === "delete",
      run: () => action.run(context),
    }));
  const canReact = model.state.value.detail?.isActive !== false && message.seq > 0;
  return (
    <Menu
      label={text.messageMenu}
      at={at}
      items={items}
      onClose={() => {
        if (!isPicking) onClose();
      }}
      header={
        canReact ? (
          <div className="menu-reactions">
            {quickEmoji.map((emoji) => (
              <button
                key={emoji}
                type="button"
                role="menuitem"
                className="emoji-button"
                tabIndex={-1}
                onClick={() => {
                  onClose();
                  react(emoji);
                }}
              >
                {emoji}
              </button>
            ))}
            <button
              type="button"
              role="menuitem"
              className="emoji-button"
              tabIndex={-1}
              aria-label={text.moreEmoji}
              onClick={() => setPicking(true)}
            >
              <Icon name="plus" size={18} />
            </button>
          </div>
        ) : null
      }
    />
  );
}

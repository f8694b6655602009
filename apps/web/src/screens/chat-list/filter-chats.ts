/** Which chats a text finds. */
import type { ChatView } from "@rempart/client";

/** Chats whose title, or last message, has every word of `filter`; accents and case do not matter. */
export function filterChats(chats: readonly ChatView[], filter: string): readonly ChatView[] {
  const words = fold(filter).split(/\s+/).filter(Boolean);
  if (words.length === 0) return chats;
  return chats.filter((chat) => {
    const haystack = fold(`${chat.title} ${chat.lastMessage?.text ?? ""}`);
    return words.every((word) => haystack.includes(word));
  });
}

export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

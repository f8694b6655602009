/** What happened to a group, in a sentence. */
import type { MessageView, NoticeView } from "@rempart/client";
import type { Catalogue } from "../../i18n/catalogue.ts";

export function noticeText(text: Catalogue, notice: NoticeView, message: MessageView): string {
  const who = message.isOwn ? text.you : message.name;
  const { notices } = text;
  switch (notice.kind) {
    case "created":
      return notices.created(who);
    case "joined":
      return notices.joined;
    case "rejoined":
      return notices.rejoined;
    case "gap":
      return notices.gap;
    case "renamed":
      return notices.renamed(who, notice.title);
    case "added":
      return notices.added(who, notice.names.join(", "));
    case "removed":
      return notices.removed(who, notice.names.join(", "));
    case "left":
      return notices.left(notice.names.join(", "));
    case "role":
      return notices.role(notice.names.join(", "), text.roles[notice.role]);
  }
}

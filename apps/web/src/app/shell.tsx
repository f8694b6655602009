/** The app itself: the chat list beside the main pane; on narrow screens one of the two. */
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Logo } from "../parts/logo.tsx";
import { ChatList } from "../screens/chat-list/chat-list.tsx";
import { Conversation } from "../screens/conversation/conversation.tsx";
import { useAppState, useModel, useRoute, useText } from "./context.ts";
import type { Route } from "./route.ts";
import { ShortcutsHelp } from "./shortcuts-help.tsx";
import { useShortcuts } from "./use-shortcuts.ts";

const Info = lazy(() => import("../screens/info/info.tsx"));
const People = lazy(() => import("../screens/people/people.tsx"));
const NewGroup = lazy(() => import("../screens/people/new-group.tsx"));
const AddMembers = lazy(() => import("../screens/people/add-members.tsx"));
const AddContact = lazy(() => import("../screens/people/add-contact.tsx"));
const MyLink = lazy(() => import("../screens/people/my-link.tsx"));
const Invites = lazy(() => import("../screens/people/invites.tsx"));
const Settings = lazy(() => import("../screens/settings/settings.tsx"));
const Recovery = lazy(() => import("../screens/settings/recovery.tsx"));

export function Shell() {
  const route = useRoute();
  const [isHelpShown, setHelpShown] = useState(false);
  useShortcuts({ showHelp: () => setHelpShown(true) });
  useLinkRoute();
  useTitle();
  return (
    <main className="shell" data-pane={route.name === "chats" ? "list" : "main"}>
      <div className="pane-list">
        <ChatList />
      </div>
      <div className="pane-main">
        <Suspense fallback={<div className="page" />}>
          <MainPane key={keyOf(route)} route={route} />
        </Suspense>
      </div>
      {isHelpShown ? <ShortcutsHelp onClose={() => setHelpShown(false)} /> : null}
    </main>
  );
}

/** Pages of different things are different components, with a state of their own. */
function keyOf(route: Route): string {
  return "chat" in route ? `${route.name}.${route.chat}` : route.name;
}

function MainPane({ route }: { readonly route: Route }): ReactNode {
  switch (route.name) {
    case "chats":
      return <Nothing />;
    case "chat":
      return <Conversation chat={route.chat} />;
    case "info":
      return <Info chat={route.chat} />;
    case "people":
      return <People />;
    case "new-group":
      return <NewGroup />;
    case "add-members":
      return <AddMembers chat={route.chat} />;
    case "add-contact":
      return <AddContact link={route.link} />;
    case "my-link":
      return <MyLink />;
    case "invites":
      return <Invites />;
    case "settings":
      return <Settings />;
    case "recovery":
      return <Recovery />;
  }
}

function Nothing() {
  const text = useText();
  return (
    <div className="nothing">
      <Logo size={88} />
      <p>{text.pickChat}</p>
      <p className="muted">{text.pickChatHint}</p>
    </div>
  );
}

/** A link that was opened while there is an account asks whether to add its owner. */
function useLinkRoute(): void {
  const model = useModel();
  const link = useAppState((state) => state.link);
  const hasAccount = useAppState((state) => state.account?.recoveryConfirmed === true);
  useEffect(() => {
    if (link === undefined || !hasAccount) return;
    model.takeLink(undefined);
    model.router.go({ name: "add-contact", link });
  }, [model, link, hasAccount]);
}

function useTitle(): void {
  const unread = useAppState((state) => (state.chats ?? []).reduce((sum, chat) => sum + chat.unread, 0));
  useEffect(() => {
    document.title = unread === 0 ? "Rempart" : `(${unread}) Rempart`;
  }, [unread]);
}

/** The frame of every page of the main pane: a header with a way back, and content that scrolls. */
import { type ReactNode, useEffect, useRef } from "react";
import { useModel, useText } from "../app/context.ts";
import { IconButton } from "./button.tsx";

export interface PageProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, actions, children }: PageProps) {
  const text = useText();
  const model = useModel();
  const heading = useRef<HTMLHeadingElement>(null);
  // Moving to a page moves the focus there, so that the keyboard and the screen reader follow.
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div className="page">
      <header className="bar">
        <IconButton icon="back" label={text.back} onClick={() => model.router.back()} />
        <h1 className="bar-title" ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions}
      </header>
      <div className="page-scroll">
        <div className="page-content">{children}</div>
      </div>
    </div>
  );
}

export function Section({ title, children }: { readonly title?: string; readonly children: ReactNode }) {
  return (
    <section className="section">
      {title === undefined ? null : <h2 className="section-title">{title}</h2>}
      <div className="card">{children}</div>
    </section>
  );
}

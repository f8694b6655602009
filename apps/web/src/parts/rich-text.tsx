/** Draws a message's text. */
import { Children, memo, type ReactNode, useState } from "react";
import { useText } from "../app/context.ts";
import { type Block, type Inline, parseMarkdown } from "./markdown.ts";

/** Pieces have no identity but their place; a changed text is drawn anew. */
export const RichText = memo(function RichText({ source }: { readonly source: string }) {
  return Children.toArray(parseMarkdown(source).map(drawBlock));
});

function drawBlock(block: Block): ReactNode {
  if (block.kind === "code-block") {
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll, and the keyboard must be able to.
      <pre className="code-block" tabIndex={0}>
        <code>{block.text}</code>
      </pre>
    );
  }
  return <span className="paragraph">{drawAll(block.children)}</span>;
}

function drawAll(inlines: readonly Inline[]): ReactNode {
  return Children.toArray(inlines.map(drawInline));
}

function drawInline(inline: Inline): ReactNode {
  switch (inline.kind) {
    case "text":
      return inline.text;
    case "code":
      return <code className="code">{inline.text}</code>;
    case "bold":
      return <strong>{drawAll(inline.children)}</strong>;
    case "italic":
      return <em>{drawAll(inline.children)}</em>;
    case "strike":
      return <s>{drawAll(inline.children)}</s>;
    case "spoiler":
      return <Spoiler>{drawAll(inline.children)}</Spoiler>;
    case "link":
      return <Link text={inline.text} href={inline.href} />;
  }
}

/** A link whose text is not its address also shows where it leads, so that it cannot pretend. */
function Link({ text, href }: { readonly text: string; readonly href: string }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {text}
      {text === href ? null : <span className="link-host"> ({new URL(href).host})</span>}
    </a>
  );
}

function Spoiler({ children }: { readonly children: ReactNode }) {
  const text = useText();
  const [isShown, setShown] = useState(false);
  if (isShown) return <span className="spoiler-shown">{children}</span>;
  return (
    <button type="button" className="spoiler" onClick={() => setShown(true)}>
      <span className="visually-hidden">{text.spoiler}</span>
      <span aria-hidden="true" inert>
        {children}
      </span>
    </button>
  );
}

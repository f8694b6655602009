/** Copies a text and says so, on the button and to screen readers. */
import { useEffect, useState } from "react";
import { useModel, useText } from "../app/context.ts";
import { Button, type ButtonProps } from "./button.tsx";

export interface CopyButtonProps {
  readonly value: string;
  readonly label: string;
  readonly look?: NonNullable<ButtonProps["look"]>;
}

const shownMs = 2_000;

export function CopyButton({ value, label, look = "plain" }: CopyButtonProps) {
  const text = useText();
  const model = useModel();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    model.announce(text.copied);
  };
  return (
    <Button look={look} icon={isCopied ? "check" : "copy"} onClick={() => void model.attempt(copy)}>
      {isCopied ? text.copied : label}
    </Button>
  );
}

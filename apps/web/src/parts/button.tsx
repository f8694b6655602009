/** Buttons: with words, or an icon that has a name. */
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Icon, type IconName } from "./icon.tsx";

interface Common extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className" | "type"> {
  readonly ref?: Ref<HTMLButtonElement>;
}

export interface ButtonProps extends Common {
  readonly look?: "primary" | "plain" | "danger" | "quiet";
  readonly icon?: IconName;
  readonly type?: "button" | "submit";
  readonly isBusy?: boolean;
  readonly children: ReactNode;
}

export function Button({ look = "plain", icon, type = "button", isBusy = false, children, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className="button"
      data-look={look}
      aria-busy={isBusy}
      disabled={rest.disabled || isBusy}
    >
      {icon === undefined ? null : <Icon name={icon} size={18} />}
      <span>{children}</span>
    </button>
  );
}

export interface IconButtonProps extends Common {
  readonly icon: IconName;
  /** Its name for screen readers, and its tooltip. */
  readonly label: string;
}

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <button {...rest} type="button" className="icon-button" aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}

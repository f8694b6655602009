/** The mark: a rampart's merlons on top of a speech bubble, and the keyhole of a gate. */
export function Logo({ size = 72 }: { readonly size?: number }) {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <path className="logo-wall" d="M8 10h10v7h9v-7h10v7h9v-7h10v32a6 6 0 0 1-6 6H30L18 58v-10h-4a6 6 0 0 1-6-6z" />
      <path className="logo-hole" d="M32 25a5 5 0 0 1 2.6 9.3L36 41h-8l1.4-6.7A5 5 0 0 1 32 25z" />
    </svg>
  );
}

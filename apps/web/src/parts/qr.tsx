/** A QR code as one SVG path: dark on light in every theme, because readers expect that. */
import { useMemo } from "react";
import { encode } from "uqr";

export function Qr({ value, label }: { readonly value: string; readonly label: string }) {
  const { size, path } = useMemo(() => drawQr(value), [value]);
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <path d={path} />
    </svg>
  );
}

function drawQr(value: string): { readonly size: number; readonly path: string } {
  const { size, data } = encode(value, { ecc: "M", border: 2 });
  let path = "";
  for (const [y, row] of data.entries()) {
    for (const [x, isDark] of row.entries()) if (isDark) path += `M${x} ${y}h1v1h-1z`;
  }
  return { size, path };
}

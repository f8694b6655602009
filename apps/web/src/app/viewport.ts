/** On phones the keyboard covers the page instead of resizing it; the app is as high as what can be seen. */
export function followViewport(): void {
  const viewport = globalThis.visualViewport;
  if (viewport == null) return;
  const update = () => {
    document.documentElement.style.setProperty("--viewport-height", `${viewport.height}px`);
    // The browser may also have scrolled the page under the keyboard; nothing here scrolls as a page.
    scrollTo(0, 0);
  };
  viewport.addEventListener("resize", update);
  update();
}

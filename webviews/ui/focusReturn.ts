/**
 * Gives the focus back to where it was when the page gets it back: after a dialog, a quick pick or a glance at another
 * editor. A page in a frame forgets it, and who works by keyboard would begin at its top again.
 */
export function keepFocusOfPage(): void {
  let last: HTMLElement | null = null;
  document.addEventListener('focusin', ({ target }) => {
    if (target instanceof HTMLElement) last = target;
  });
  window.addEventListener('focus', () => {
    if (document.activeElement === document.body && last?.isConnected === true) last.focus({ preventScroll: true });
  });
}

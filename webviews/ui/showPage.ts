import { render, type VNode } from 'preact';
import { keepFocusOfPage } from './focusReturn.ts';

/** Draws a panel's page in its place in the document. */
export function showPage(page: VNode): void {
  const root = document.querySelector('#page');
  if (root !== null) render(page, root);
  keepFocusOfPage();
}

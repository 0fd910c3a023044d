// The page inside a bundle: it stands alone in a browser, with the data in the document and no host to talk to.
import './page.css';
import { render } from 'preact';
import type { PageData } from '../../src/domain/incidents/pageData.ts';
import { Page } from './page.tsx';

const root = document.querySelector('#page');
const data = document.querySelector('#data')?.textContent ?? '';
if (root !== null) {
  root.textContent = '';
  render(<Page data={JSON.parse(data) as PageData} />, root);
}

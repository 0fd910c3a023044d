import '../ui/ui.css';
import './page.css';
import { render } from 'preact';
import { keepFocusOfPage } from '../ui/focusReturn.ts';
import { start } from './model.ts';
import { Page } from './page.tsx';

const root = document.querySelector('#page');
if (root !== null) render(<Page />, root);
keepFocusOfPage();
start();

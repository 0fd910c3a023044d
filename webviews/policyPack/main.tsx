import '../ui/ui.css';
import './page.css';
import { showPage } from '../ui/showPage.ts';
import { start } from './model.ts';
import { Page } from './page.tsx';

showPage(<Page />);
start();

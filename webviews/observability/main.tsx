import '../ui/ui.css';
import './page.css';
import { render } from 'preact';
import { start } from './model.ts';
import { Page } from './page.tsx';
import { startCompare } from './compareModel.ts';
import { startFailures } from './failuresModel.ts';
import { startKeyspace } from './keyspaceModel.ts';
import { startConnectionsOverview } from './connectionsModel.ts';
import { startTimeline } from './timelineModel.ts';

const root = document.querySelector('#page');
if (root !== null) render(<Page />, root);
start();
startTimeline();
startConnectionsOverview();
startKeyspace();
startFailures();
startCompare();

// The first import of the page: its questions are on their way before the browser has run the rest of it.
import { start } from './model.ts';

start();

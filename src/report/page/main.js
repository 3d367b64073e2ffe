// Starts the panels of the page.

import { Engine, loadInput, loadReport } from './engine.js';

const report = await loadReport();
const input = await loadInput(report);
const engine = input ? await Engine.open(input) : null;
document.body.dataset.runs = String(report.runs);
document.body.dataset.ready = engine ? 'engine' : 'results';

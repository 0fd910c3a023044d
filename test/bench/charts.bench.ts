// A chart of 10 series with 10,000 points each that moves on once a second, as fast as the panel ever does, in Chromium.
import { build } from 'esbuild';
import { join } from 'node:path';
import { launchChromium } from '../support/host/chromium.ts';
import { projectRoot } from '../support/root.ts';
import type { Report } from './report.ts';

const SECONDS = 5;

export const name = 'charts';

const page = `
  import { createPlot } from './webviews/charts/plot.ts';
  const colors = ['blue', 'green', 'orange', 'purple', 'red', 'yellow'];
  const points = 10000;
  const data = (shift) => ({
    times: Array.from({ length: points }, (_, i) => 1700000000 + i + shift),
    from: 1700000000 + shift, to: 1700000000 + points + shift, gaps: [], stacked: false,
    series: Array.from({ length: 10 }, (_, s) => ({
      label: 's' + s, color: colors[s % 6], kind: 'line',
      values: Array.from({ length: points }, (_, i) => 100 + 10 * s + 8 * Math.sin((i + shift) / (20 + s)) + ((i * 7919) % 13)),
    })),
  });
  const element = document.querySelector('#chart');
  const plot = createPlot(element, data(0), { format: String, atLeast: 1, syncKey: 'x', onCursor() {}, onZoom() {} });
  // Made beforehand: in the panel the values come from the host.
  const coming = Array.from({ length: 8 }, (_, shift) => data(shift));
  window.measure = (seconds, stream) => new Promise((resolve) => {
    const frames = []; const draws = []; let last = performance.now(); let shift = 0;
    const end = last + seconds * 1000;
    const timer = stream ? setInterval(() => { const next = coming[++shift % coming.length]; const start = performance.now(); plot.setData(next); draws.push(performance.now() - start); }, 1000) : undefined;
    const frame = (now) => { frames.push(now - last); last = now; if (now < end) requestAnimationFrame(frame); else { clearInterval(timer); resolve({ frames: frames.length, seconds, draws }); } };
    requestAnimationFrame(frame);
  });
`;

export async function run(report: Report): Promise<void> {
  const built = await build({
    stdin: { contents: page, resolveDir: projectRoot(), loader: 'ts' },
    bundle: true,
    write: false,
    outdir: join(projectRoot(), 'out'),
    format: 'iife',
    logLevel: 'error',
  });
  const script = built.outputFiles.find(({ path }) => path.endsWith('.js'))?.text ?? '';
  const browser = await launchChromium();
  try {
    const tab = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await tab.setContent('<div id="chart" style="width:1200px;height:400px"></div>');
    await tab.addScriptTag({ content: script });
    const measure = (stream: boolean): Promise<{ frames: number; draws: number[] }> =>
      tab.evaluate(`window.measure(${SECONDS}, ${stream})`);
    await measure(true);
    const idle = await measure(false);
    const streaming = await measure(true);
    const fps = { idle: idle.frames / SECONDS, streaming: streaming.frames / SECONDS };
    report.note(`drawing took ${streaming.draws.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    report.add({
      name: 'frames while 10 series × 10,000 points stream',
      median: fps.streaming,
      unit: 'per second',
      reference: { name: 'the same page, still', median: fps.idle },
      goal: '≥ 50 per second',
      met: fps.streaming >= 50,
    });
  } finally {
    await browser.close();
  }
}

// The Overview as a person opens it: the built page in Chromium, answered by the real use cases over a real store.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { commandTimes } from '../../src/app/observability/commandTimes.ts';
import { allConnections, connectionCharts, slowestOperations } from '../../src/app/observability/overview.ts';
import type { TimeWindow } from '../../src/app/ports/stores.ts';
import { observabilityContract, type PanelConnection } from '../../src/protocol/observability.ts';
import { serve } from '../../src/protocol/wire.ts';
import { launchChromium } from '../support/host/chromium.ts';
import type { ObservabilityRig } from '../support/observabilityRig.ts';
import { projectRoot } from '../support/root.ts';
import { median } from './report.ts';

const { ready, watch, overview: charts, slowest, all, commandTimes: times } = observabilityContract.requests;
/** What the Overview asks for. */
const contract = {
  requests: { ready, watch, overview: charts, slowest, all, commandTimes: times },
  events: observabilityContract.events,
} as const;

/** Runs in the page: milliseconds from its script's start to the frame that shows figures in the charts. */
const measure = `new Promise((resolve, reject) => {
  window.addEventListener('error', ({ message }) => reject(new Error(message)));
  setTimeout(() => reject(new Error('Nothing was drawn')), 30_000);
  const start = performance.now();
  const look = () => {
    const isDrawn = [...document.querySelectorAll('#chart-latency .chart-legend-value')].some((value) => value.textContent !== '–');
    if (!isDrawn) return requestAnimationFrame(look);
    requestAnimationFrame(() => resolve(performance.now() - start));
  };
  const script = document.createElement('script');
  script.textContent = window.pageScript;
  document.body.append(script);
  look();
})`;

const settings = { number: () => 15 };
const shown: PanelConnection = { id: 'test', name: 'Test', environment: 'dev', readOnly: false, state: 'ready' };

interface Served {
  readonly receive: (message: unknown) => void;
  /** Nothing is sent to the page afterwards. Resolves when the store has nothing left to do for it. */
  end(): Promise<void>;
}

function serveTo(page: Page, rig: ObservabilityRig): Served {
  const parts = { ...rig, settings };
  let receive: (message: unknown) => void = () => undefined;
  const asked: Promise<unknown>[] = [];
  const noted = <T>(answer: Promise<T>): Promise<T> => {
    asked.push(answer);
    return answer;
  };
  const served = serve(
    {
      post: (message) =>
        page.evaluate(`window.dispatchEvent(new MessageEvent('message', { data: ${JSON.stringify(message)} }))`),
      listen: (listener) => {
        receive = listener;
        return { dispose: () => undefined };
      },
    },
    contract,
    {
      ready: () => ({
        trusted: true,
        connections: [shown],
        sampleSeconds: 15,
        now: new Date().toISOString(),
      }),
      watch: () => undefined,
      overview: ({ connectionId, ...input }) =>
        noted(connectionCharts(parts, { ...input, connectionId: connectionId ?? shown.id })),
      slowest: (input) => noted(slowestOperations(parts, input)),
      all: (input) => noted(allConnections(parts, input)),
      commandTimes: (input) => noted(commandTimes(parts, input)),
    },
  );
  return {
    receive: (message) => receive(message),
    async end() {
      served.dispose();
      await Promise.allSettled(asked);
    },
  };
}

/** Median milliseconds until the Overview of `window` shows data, each time in a page of its own. */
export async function firstPaint(rig: ObservabilityRig, window: TimeWindow, runs: number): Promise<number> {
  const [script, style] = await Promise.all(
    ['js', 'css'].map((end) => readFile(join(projectRoot(), `dist/webviews/observability.${end}`), 'utf8')),
  );
  const kept = {
    tab: 'overview',
    connectionId: 'test',
    range: { kind: 'fixed', fromMs: Date.parse(window.from), toMs: Date.parse(window.to) },
    live: false,
  };
  const browser = await launchChromium();
  const taken: number[] = [];
  try {
    for (let run = 0; run <= runs; run++) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      // An address of this machine, as webviews have one: some of the browser's functions are there only then.
      const body = `<style>${style ?? ''}</style><div id="page"></div>`;
      await page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body }));
      await page.goto('http://localhost/');
      const served = serveTo(page, rig);
      await page.exposeFunction('toHost', served.receive);
      await page.evaluate(
        `window.pageScript = ${JSON.stringify(script)};
        window.acquireVsCodeApi = () => ({
          postMessage: (message) => void window.toHost(message),
          getState: () => (${JSON.stringify(kept)}),
          setState: () => undefined,
        });`,
      );
      const ms = await page.evaluate<number>(measure);
      if (run > 0) taken.push(ms);
      await served.end();
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return median(taken);
}

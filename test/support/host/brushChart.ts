import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';

/** Brushes over a chart with the mouse, from one share (0..1) of its width to another. */
export async function brushChart(plot: Locator, from: number, to: number): Promise<void> {
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  assert.ok(box !== null);
  const { mouse } = plot.page();
  const y = box.y + box.height / 2;
  const x = (share: number): number => box.x + box.width * share;
  await mouse.move(x(from), y);
  await mouse.down();
  await mouse.move(x((from + to) / 2), y, { steps: 5 });
  await mouse.move(x(to), y, { steps: 5 });
  await mouse.up();
}

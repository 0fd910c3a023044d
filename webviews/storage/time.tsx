import type { VNode } from 'preact';
import { hostNowMs } from '../ui/hostClock.ts';
import { toMinute } from '../ui/localTime.ts';

/** A moment on the reader's clock; UTC stands on hover. The date is left out when it is today. */
export function Time({ at }: { readonly at: string }): VNode {
  const moment = new Date(at);
  const time = toMinute(moment.getTime());
  const isToday = moment.toDateString() === new Date(hostNowMs()).toDateString();
  return (
    <time dateTime={at} title={`${at.replace('T', ' ').slice(0, 19)} UTC`}>
      {isToday ? time : `${dayText(moment)}, ${time}`}
    </time>
  );
}

/** A day on the reader's clock. */
export function Day({ at }: { readonly at: string }): VNode {
  return (
    <time dateTime={at} title={`${at.replace('T', ' ').slice(0, 19)} UTC`}>
      {dayText(new Date(at))}
    </time>
  );
}

function dayText(moment: Date): string {
  const sameYear = moment.getFullYear() === new Date(hostNowMs()).getFullYear();
  return moment.toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
}

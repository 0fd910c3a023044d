// The scan in a process of its own, whose TZ its caller chose.
import { scanInThisZone } from './zoneScan.ts';

const offset = -new Date('2026-07-01T00:00:00Z').getTimezoneOffset();
process.stdout.write(JSON.stringify({ offset, digest: scanInThisZone() }));

// Loaded before the faults inside `npm test`: few points of each kind, in about a minute. `npm run faults` tries them all.
process.env['FAULTS'] ??= 'short';

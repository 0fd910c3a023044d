// Loaded before every mocha run: all properties begin with the same seed, so that a run repeats itself and a failure is
// about the code. `CACHIFY_SEED=random` looks elsewhere; what fails then says the seed to repeat it with.
import fc from 'fast-check';

const { CACHIFY_SEED = '20261122' } = process.env;
const seed = CACHIFY_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(CACHIFY_SEED);

fc.configureGlobal({ seed });
if (CACHIFY_SEED === 'random') console.log(`CACHIFY_SEED=${seed}`);

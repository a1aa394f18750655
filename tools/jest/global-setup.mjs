// A test must never run yesterday's workflow code: the bundle is made anew when its sources have changed.
import { buildBundle } from '../build-bundle.ts';

export default buildBundle;

/** What the workflow bundle offers, by the names that stand in histories. */
export { deliver } from './deliver.ts';
export { keep } from './keep.ts';
export { observe } from './observe.ts';
export { plan } from './plan.ts';
export { rollout } from './rollout.ts';
export { source } from './source.ts';
export { sweep } from './sweep.ts';

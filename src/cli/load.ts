import type { CountsList } from '../api/schemas/answers.ts';
import { countsList, eventList } from '../api/schemas/answers.ts';
import type { Api } from './client.ts';
import type { LiveModel } from '../story/model.ts';
import { emptyModel } from '../story/model.ts';
import { heedCounts, heedEvent } from '../story/reduce.ts';

/** Requests and errors of one watch. @throws SluiceError */
export const loadCounts = (api: Api, id: string, watch: number): Promise<CountsList> =>
  api.call(countsList, {
    path: ['v1', 'rollouts', id, 'samples'],
    query: { watch: String(watch), form: 'counts' },
  });

/** The live model of a rollout as it is now: from all its events so far, and the last watch's samples. */
export const loadModel = async (api: Api, id: string): Promise<LiveModel> => {
  let model = emptyModel(id);
  for (let more = true; more;) {
    const page = await api.call(eventList, {
      path: ['v1', 'rollouts', id, 'events'],
      query: { after: String(model.position) },
    });
    for (const event of page.events) model = heedEvent(model, event);
    more = page.more;
  }
  if (model.watch === null) return model;
  return heedCounts(model, await loadCounts(api, id, model.watch.watch));
};

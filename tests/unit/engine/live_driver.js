// Fills in a form as somebody at a page would, with static/live.js and static/answers.js, and tells what shows.

import { readControls } from "./answers.js";

/** Carries out one job: puts all first answers, then one after the other those that change. */
export function perform({ Live }, { told, rows, fields, changes }) {
  try {
    const live = new Live(told);
    live.build((at) => rows[at] ?? null, () => true);
    for (const [at, { item, controls }] of Object.entries(fields)) live.put(at, readControls(item, controls));
    live.settle();
    return [state(live), ...changes.map(([at, controls]) => {
      live.put(at, readControls(fields[at].item, controls));
      live.settle([fields[at].item.fid]);
      return state(live);
    })];
  } catch (error) {
    return { error: error.stack };
  }
}

function state(live) {
  const computed = Array.from(live.walk()).filter(([, { value }]) => value !== undefined).map(([scope, { fid }]) => scope.prefix + fid);
  const known = computed.filter((at) => live.shown.has(at) && (live.values.get(at) ?? null) !== null);
  return {
    shown: [...live.shown].sort(),
    required: [...live.required].filter((at) => live.shown.has(at)).sort(),
    computed: Object.fromEntries(known.map((at) => [at, String(live.values.get(at))])),
  };
}

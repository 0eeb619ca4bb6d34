// Runs jobs of the tests with static/expressions.js and static/settle.js and writes what comes out as
// tests/unit/engine/trees.py does.

import * as expressions from "./expressions.js";

/** Carries out one job; what it throws is told in its place. */
export function perform(twin, job) {
  try {
    return JOBS[job.job](twin, job);
  } catch (error) {
    return { error: String(error) };
  }
}

const JOBS = {
  evaluate: (_twin, { expression, values, today }) => told(expressions.evaluate(expression, reads(values), today)),
  acceptable: (_twin, { expression, known }) => expressions.acceptable(expression, new Set(known)),
  dependencies: (_twin, { expression }) => [[...expressions.dependencies(expression)].sort(), expressions.usesToday(expression)],
  answers: (twin, { definition, stored }) => {
    return Object.entries(twin.readAnswers(definition, stored)).map(([fid, value]) => [fid, told(value)]);
  },
  form: (twin, { definition, stored, today, context }) => {
    const { shown, required, missing, computed, errors } = twin.settle(definition, stored, today, context);
    return {
      shown: [...shown].sort(),
      required: [...required].sort(),
      missing: [...missing].sort(),
      computed: Object.fromEntries(Object.entries(computed).map(([at, value]) => [at, told(value)])),
      errors: errors.map(({ at, message }) => [at, message]),
    };
  },
};

function reads(written) {
  if (Array.isArray(written)) return written.map((one) => reads(one));
  if (written === null || typeof written !== "object") return written;
  const names = Object.keys(written).join();
  if (names === "date") return expressions.day(written.date);
  if (names === "number") return expressions.decimal(written.number);
  return Object.fromEntries(Object.entries(written).map(([fid, one]) => [fid, reads(one)]));
}

function told(value) {
  if (Array.isArray(value)) return value.map((one) => told(one));
  if (value instanceof expressions.Decimal) return { number: String(value) };
  if (value instanceof expressions.Day) return { date: String(value) };
  return value instanceof expressions.Row ? "row" : { is: value };
}

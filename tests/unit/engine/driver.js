// Runs jobs of the tests with static/expressions.js and writes what comes out as tests/unit/engine/trees.py does.

/** Carries out one job; what it throws is told in its place. */
export function perform(twin, job) {
  try {
    return JOBS[job.job](twin, job);
  } catch (error) {
    return { error: String(error) };
  }
}

const JOBS = {
  evaluate: (twin, { expression, values, today }) => told(twin, twin.evaluate(expression, reads(twin, values), today)),
  acceptable: (twin, { expression, known }) => twin.acceptable(expression, new Set(known)),
  dependencies: (twin, { expression }) => [[...twin.dependencies(expression)].sort(), twin.usesToday(expression)],
  answers: (twin, { definition, stored }) => {
    return Object.entries(twin.readAnswers(definition, stored)).map(([fid, value]) => [fid, told(twin, value)]);
  },
  form: (twin, { definition, stored, today, context }) => {
    const { shown, required, missing, computed, errors } = twin.settle(definition, stored, today, context);
    return {
      shown: [...shown].sort(),
      required: [...required].sort(),
      missing: [...missing].sort(),
      computed: Object.fromEntries(Object.entries(computed).map(([at, value]) => [at, told(twin, value)])),
      errors: errors.map(({ at, message }) => [at, message]),
    };
  },
};

function reads(twin, written) {
  if (Array.isArray(written)) return written.map((one) => reads(twin, one));
  if (written === null || typeof written !== "object") return written;
  const names = Object.keys(written).join();
  if (names === "date") return twin.day(written.date);
  if (names === "number") return twin.decimal(written.number);
  return Object.fromEntries(Object.entries(written).map(([fid, one]) => [fid, reads(twin, one)]));
}

function told(twin, value) {
  if (Array.isArray(value)) return value.map((one) => told(twin, one));
  if (value instanceof twin.Decimal) return { number: String(value) };
  if (value instanceof twin.Day) return { date: String(value) };
  return value instanceof twin.Row ? "row" : { is: value };
}

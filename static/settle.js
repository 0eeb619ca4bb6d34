// A whole form judged in the browser, without the server: the twin of engine/scopes.py and of the rules, requirements
// and calculations of engine/answers.py. For pages that hold a definition; static/live.js is for pages that the server
// drew, and follows single answers.

import { Row, asValue, day, decimal, dependencies, isEmpty, run, typeOf } from "./expressions.js";

// As what a computed answer is stored, where that is not its value itself.
const RESULTS = new Map([
  ["number", "decimal"],
  ["date", "date"],
]);
const TYPES = new Map([
  ["string", "text"],
  ["boolean", "bool"],
]);
const ROW_ID = "_id";
// Kinds whose empty answer is never taken, and kinds that nobody fills in.
const ALWAYS_REQUIRED = new Set(["acknowledge"]);
const NOT_ENTERED = new Set(["hidden"]);

// The kinds whose stored text is no text; what was just typed is read too.
const READERS = new Map([
  ["date", day],
  ["decimal", decimal],
  ["money", decimal],
  ["range", decimal],
  ["integer", decimal],
  ["rating", decimal],
  ["boolean", yesOrNo],
  ["acknowledge", (raw) => yesOrNo(raw) || null],
]);

function yesOrNo(raw) {
  if (["true", "on", "1"].includes(raw)) return true;
  if (["false", "off", "0"].includes(raw)) return false;
  return typeof raw === "boolean" ? raw : null;
}

/** The items of one level that are asked: what groups hold stands behind them, what repeats hold is another level. */
function level(items, group = null) {
  return (items ?? [])
    .filter((item) => item.retired !== true)
    .flatMap((item) => [{ item, group }, ...(item.type === "group" ? level(item.items, item.fid) : [])]);
}

function places(definition) {
  return definition.pages.flatMap((page) => level(page.items));
}

/** The items of record level that are asked, groups and what they hold one after the other. */
function liveItems(definition) {
  return places(definition).map(({ item }) => item);
}

/** Reads stored answers (JSON by fid) as values; of live items only. */
export function readAnswers(definition, stored) {
  return readLevel(liveItems(definition), stored);
}

function readLevel(items, stored) {
  const values = {};
  for (const item of items) {
    const value = Object.hasOwn(stored, item.fid) ? readAnswer(item, stored[item.fid]) : null;
    if (value !== null) values[item.fid] = value;
  }
  return values;
}

function readAnswer(item, raw) {
  if (item.type === "repeat") {
    const below = level(item.items).map((place) => place.item);
    return rowsOf(raw).map((row) => new Row({ [ROW_ID]: row[ROW_ID], ...readLevel(below, row) }));
  }
  const type = item.type === "calculate" ? (RESULTS.get(item.result ?? "number") ?? "text") : item.type;
  return (READERS.get(type) ?? asValue)(raw);
}

function rowsOf(raw) {
  return Array.isArray(raw) ? raw.filter((row) => row !== null && typeof row === "object") : [];
}

/** The record, or one row of a repeat: what was answered there, and what of it is visible now. */
class Scope {
  constructor(at, prefix, stored, around, user) {
    this.places = at;
    this.prefix = prefix;
    this.around = around;
    this.parsed = {};
    this.below = new Map();
    this.values = {};
    for (const { item } of at) {
      const raw = Object.hasOwn(stored, item.fid) ? stored[item.fid] : null;
      if (item.type === "repeat") this.below.set(item.fid, this.rows(item, raw, user));
      else if (calculation(item) === null) this.parsed[item.fid] = this.answer(item, raw, user);
    }
    this.read = (fid) => {
      if (Object.hasOwn(this.values, fid)) return asValue(this.values[fid]);
      return around ? around.read(fid) : null;
    };
  }

  rows(item, raw, user) {
    const below = level(item.items);
    return rowsOf(raw).map((row) => new Scope(below, `${this.at(item)}/${row[ROW_ID]}/`, row, this, user));
  }

  answer(item, raw, user) {
    const value = readAnswer(item, raw);
    if (value !== null || !NOT_ENTERED.has(item.type)) return value;
    const given = item.default ?? item.text ?? null;
    return asValue(given !== null && typeof given === "object" ? (user[given.user] ?? null) : given);
  }

  at(item) {
    return this.prefix + item.fid;
  }

  /** All places of answers in the order of the form, each row behind its repeat. */
  *walk() {
    for (const place of this.places) {
      yield [this, place.item];
      for (const row of this.below.get(place.item.fid) ?? []) yield* row.walk();
    }
  }

  /** This scope and the rows below it, by the repeat they belong to. */
  byRepeat(fid = "", found = new Map()) {
    found.set(fid, [...(found.get(fid) ?? []), this]);
    for (const [repeat, rows] of this.below) rows.forEach((row) => row.byRepeat(repeat, found));
    return found;
  }

  /** Makes visible what is shown. A row names all its fids, so that an empty one is not looked for around it. */
  uncover(shown) {
    this.values = {};
    for (const { item } of this.places) {
      const rows = this.below.get(item.fid);
      rows?.forEach((row) => row.uncover(shown));
      const value = rows ? rows.map((row) => row.values) : (this.parsed[item.fid] ?? null);
      if (shown.has(this.at(item)) && !isEmpty(value)) this.values[item.fid] = value;
      else if (this.around) this.values[item.fid] = null;
    }
  }

  /** Adds the addresses that are shown: those whose condition holds, where what holds them is shown. */
  show(found, open, today) {
    for (const { item, group } of this.places) {
      const held = group === null ? open : found.has(this.prefix + group);
      const at = this.at(item);
      if (held && (saysNothing(item.show) || run(item.show, this.read, today) === true)) found.add(at);
      for (const row of this.below.get(item.fid) ?? []) row.show(found, found.has(at), today);
    }
    return found;
  }
}

function calculation(item) {
  return saysNothing(item.value) ? null : item.value;
}

/** The computed items, each with its repeat and after those that its calculation reads. */
function computedItems(at, repeat = "", found = new Map()) {
  for (const { item } of at) {
    if (calculation(item) !== null) found.set(item.fid, { item, repeat });
    if (item.type === "repeat") computedItems(level(item.items), item.fid, found);
  }
  return found;
}

function inOrder(computed) {
  const done = new Set();
  const order = [];
  const visit = (one) => {
    if (done.has(one.item.fid)) return;
    done.add(one.item.fid);
    for (const fid of dependencies(one.item.value)) if (computed.has(fid)) visit(computed.get(fid));
    order.push(one);
  };
  computed.forEach(visit);
  return order;
}

/** A computed answer; a result of another type than the item's is empty, as all that cannot be said is. */
function computedAnswer(item, scope, today) {
  const wanted = item.type === "calculate" ? (item.result ?? "number") : "text";
  const result = run(item.value, scope.read, today);
  const type = typeOf(result);
  return (TYPES.get(type) ?? type) === wanted && !isEmpty(result) ? result : null;
}

function isRequired(item, scope, today) {
  if (item.type === "repeat" && item.min) return true;
  if (typeof item.required === "boolean" || saysNothing(item.required)) {
    return item.required === true || ALWAYS_REQUIRED.has(item.type);
  }
  return run(item.required, scope.read, today) === true;
}

/** Tells whether a record in a stage has come to the stage named, or beyond. */
function reached(stages, stage, named) {
  const values = (stages ?? []).map(({ value }) => value);
  return values.includes(named) && Math.max(values.indexOf(stage), 0) >= values.indexOf(named);
}

/**
 * Judges a whole form as engine/answers.py does, as far as that needs no look-ups: by address (the fid, in a row
 * `b0/<row id>/b1`) what is `shown` and `required` (Sets), what of that is `missing` (a Set), what was `computed`
 * (values by address, empty ones left out), and the `errors` of rules ({at, message}; `at` is null for the whole form,
 * the message as it stands in the definition). What is wrong with an answer itself only the server tells.
 *
 * `definition` is a definition's document and `answers` stored answers by fid, or what was typed; rows need their
 * `_id`. `stage` and `locked` (fids) are those of the server's context, `user` what it knows for defaults.
 */
export function settle(definition, answers, today, { user = {}, stage = null, locked = [] } = {}) {
  const now = typeof today === "string" ? day(today) : today;
  const root = new Scope(places(definition), "", answers, null, user);
  const computing = inOrder(computedItems(root.places));
  const { shown, computed } = fixedPoint(root, computing, now);
  const untouched = withHeld(definition, new Set(locked));
  const required = new Set();
  const missing = new Set();
  const errors = [];
  for (const [scope, item] of root.walk()) {
    const at = scope.at(item);
    if (!shown.has(at) || untouched.has(item.fid)) continue;
    const must = reached(definition.stages, stage, item.stage?.required_from) || isRequired(item, scope, now);
    const empty = isEmpty(scope.values[item.fid] ?? null);
    if (must) required.add(at);
    if (must && empty) missing.add(at);
    else errors.push(...broken(item.rules, scope, now).map(({ message }) => ({ at, message })));
  }
  const wrong = new Set([...missing, ...errors.map(({ at }) => at)]);
  for (const { at = null, message } of broken(definition.rules, root, now)) {
    if (at === null || (shown.has(at) && !wrong.has(at))) errors.push({ at, message });
  }
  return { shown, required, missing, computed, errors };
}

/**
 * Show conditions and calculations to a fixed point, where what is hidden counts as empty for the others. The check
 * refuses circles, so as many rounds as there are items are enough.
 */
function fixedPoint(root, computing, today) {
  const scopes = root.byRepeat();
  let shown = new Set(Array.from(root.walk(), ([scope, item]) => scope.at(item)));
  const turns = itemCount(root.places);
  for (let turn = 0; ; turn += 1) {
    root.uncover(shown);
    const computed = {};
    for (const { item, repeat } of computing) {
      for (const scope of scopes.get(repeat) ?? []) {
        const value = shown.has(scope.at(item)) ? computedAnswer(item, scope, today) : null;
        if (value !== null) computed[scope.at(item)] = scope.values[item.fid] = value;
      }
    }
    if (turn === turns) return { shown, computed };
    const found = root.show(new Set(), true, today);
    if (found.size === shown.size && [...found].every((at) => shown.has(at))) return { shown, computed };
    shown = found;
  }
}

function itemCount(at) {
  return at.reduce((count, { item }) => count + 1 + (item.type === "repeat" ? itemCount(level(item.items)) : 0), 0);
}

function broken(rules, scope, today) {
  return (rules ?? []).filter((rule) => run(rule.if, scope.read, today) === true);
}

/** Adds to some fids those of everything that these groups and repeats hold. */
function withHeld(definition, fids) {
  const found = new Set(fids);
  const visit = (items, held) => {
    for (const item of items ?? []) {
      const now = held || fids.has(item.fid);
      if (now) found.add(item.fid);
      visit(item.items, now);
    }
  };
  definition.pages.forEach((page) => visit(page.items, false));
  return found;
}

function saysNothing(property) {
  return property === undefined || isEmpty(property);
}

// Which questions a form shows and requires and what it computes, while it is filled in: as engine/scopes.py does it,
// but only what depends on what changed is evaluated again. Knows no page; static/entry.js puts the two together.
//
// An answer is found by its address: its fid, and in a row of a repeat `b0/<row id>/b1`.

import { Day, Decimal, dependencies, evaluate } from "./expressions.js";
import { readStored, UNKNOWN } from "./answers.js";

const RESULTS = { number: (one) => one instanceof Decimal, date: (one) => one instanceof Day, bool: (one) => typeof one === "boolean" };
const isText = (one) => typeof one === "string" && one !== "";

/** The record, or one row of a repeat: what is asked there, and what is around it. */
class Scope {
  constructor(items, prefix, around) {
    Object.assign(this, { items, prefix, around, below: new Map() });
  }
}

export class Live {
  constructor({ today, items, elsewhere, answers, rows, unknown, closed }) {
    this.today = today;
    this.closed = new Set(closed);
    this.items = new Map();
    this.level = flat([...items, ...elsewhere], null, null, this.items);
    this.known = new Map([...Object.entries(answers), ...unknown.map((at) => [at, UNKNOWN])]);
    this.rowsElsewhere = rows;
    this.computed = inOrder(Array.from(this.items.values()).filter(({ value }) => value !== undefined));
    this.readers = readersOf(this.items);
    this.values = new Map();
    this.shown = new Set();
    this.required = new Set();
    this.asks = false;
  }

  /** Takes in where rows are: `rowsAt` gives the ids of a repeat on the page, `isShown` tells what stands there. */
  build(rowsAt, isShown) {
    this.root = new Scope(this.level, "", null);
    this.fill(this.root, rowsAt);
    for (const [scope, item] of this.walk()) {
      const at = scope.prefix + item.fid;
      if (isShown(at, item)) this.shown.add(at);
      else this.shown.delete(at);
      const known = this.known.get(at);
      if (known !== undefined && !this.values.has(at)) this.values.set(at, known === UNKNOWN ? known : readStored(item, known));
    }
  }

  fill(scope, rowsAt) {
    for (const item of scope.items.filter(({ holds }) => holds === "rows")) {
      const at = scope.prefix + item.fid;
      const ids = rowsAt(at) ?? this.rowsElsewhere[at] ?? [];
      scope.below.set(item.fid, ids.map((id) => new Scope(item.level, `${at}/${id}/`, scope)));
      for (const row of scope.below.get(item.fid)) this.fill(row, rowsAt);
    }
  }

  * walk(scope = this.root) {
    for (const item of scope.items) {
      yield [scope, item];
      for (const row of scope.below.get(item.fid) ?? []) yield* this.walk(row);
    }
  }

  /** Takes in an answer; a mask stands for what is left blank. */
  put(at, value) {
    this.values.set(at, value === null && this.known.get(at) === UNKNOWN ? UNKNOWN : value);
  }

  /** Evaluates what depends on some fids, on all without them. `asks` tells whether the server must be asked. */
  settle(fids = this.items.keys()) {
    this.asks = false;
    const reached = this.reach(fids);
    const places = Array.from(this.walk()).filter(([, { fid }]) => reached.has(fid));
    for (let turn = 0; turn <= reached.size; turn += 1) {
      this.compute(places);
      if (!this.show(places)) break;
    }
    for (const [scope, item] of places) this.demand(scope, item);
    return places.map(([scope, item]) => [scope.prefix + item.fid, item]);
  }

  /** The fids that depend on some, over however many steps, and these themselves. */
  reach(fids) {
    const found = new Set();
    const waiting = Array.from(fids);
    while (waiting.length) {
      const item = this.items.get(waiting.pop());
      if (!item || found.has(item.fid)) continue;
      found.add(item.fid);
      waiting.push(...(this.readers.get(item.fid) ?? []), ...item.inside);
      if (item.repeat) waiting.push(...(this.readers.get(item.repeat.fid) ?? []));
    }
    return found;
  }

  compute(places) {
    for (const item of this.computed) {
      for (const [scope, one] of places) if (one === item) this.computeAt(scope, item);
    }
  }

  computeAt(scope, item) {
    const found = this.run(item.value, scope);
    const fits = RESULTS[item.type === "calculate" ? (item.result ?? "number") : "text"] ?? isText;
    this.values.set(scope.prefix + item.fid, found === UNKNOWN || fits(found) ? found : null);
  }

  /** Shows and hides; tells whether anything changed. */
  show(places) {
    let changed = false;
    for (const [scope, item] of places) {
      const at = scope.prefix + item.fid;
      const found = this.isHeld(scope, item) && (item.show === undefined || this.holds(item.show, scope, this.shown.has(at)));
      changed ||= found !== this.shown.has(at);
      if (found) this.shown.add(at);
      else this.shown.delete(at);
    }
    return changed;
  }

  /** Tells whether the group or the repeat around a question is shown. */
  isHeld(scope, { group }) {
    if (group) return this.shown.has(scope.prefix + group.fid);
    return !scope.around || this.shown.has(scope.prefix.split("/").slice(0, -2).join("/"));
  }

  demand(scope, item) {
    const at = scope.prefix + item.fid;
    const must = item.required === true || (item.required !== undefined && this.holds(item.required, scope, this.required.has(at)));
    if (must) this.required.add(at);
    else this.required.delete(at);
  }

  /** Evaluates a condition; what the browser cannot know stays as it was. */
  holds(tree, scope, before) {
    const found = this.run(tree, scope);
    return found === UNKNOWN ? before : found === true;
  }

  run(tree, scope) {
    const values = {};
    for (const fid of dependencies(tree)) {
      const found = this.read(fid, scope);
      const secret = found === UNKNOWN || this.items.get(fid)?.inside.some((one) => this.isSecret(one, tree));
      if (this.closed.has(fid) || (secret && opens(tree, fid))) {
        this.asks = true;
        return UNKNOWN;
      }
      values[fid] = found === UNKNOWN ? "?" : found;
    }
    return evaluate(tree, values, this.today);
  }

  /** Tells whether some row has an answer that only the server knows, where a tree reads it. */
  isSecret(fid, tree) {
    if (!dependencies(tree).has(fid)) return false;
    return Array.from(this.walk()).some(([scope, item]) => item.fid === fid && this.values.get(scope.prefix + fid) === UNKNOWN);
  }

  /** The visible answer of a question, seen from a row or from the record. */
  read(fid, scope) {
    for (let place = scope; place; place = place.around) {
      const item = place.items.find((one) => one.fid === fid);
      if (item) return this.visible(place, item);
    }
    return null;
  }

  visible(scope, item) {
    const at = scope.prefix + item.fid;
    if (!this.shown.has(at)) return null;
    if (item.holds !== "rows") return this.values.get(at) ?? null;
    const rows = scope.below.get(item.fid).map((row) => this.rowOf(row));
    return rows.length ? rows : null;
  }

  rowOf(scope) {
    const answers = scope.items.map((item) => [item.fid, this.visible(scope, item)]);
    return Object.fromEntries(answers.map(([fid, value]) => [fid, value === UNKNOWN ? null : value]));
  }
}

/** The items of one level: what groups hold stands behind them, what repeats hold is a level of its own. */
function flat(items, group, repeat, known) {
  return items.flatMap((raw) => {
    const item = { ...raw, group, repeat, inside: [] };
    known.set(item.fid, item);
    if (!raw.items) return [item];
    const below = flat(raw.items, raw.holds === "rows" ? null : item, raw.holds === "rows" ? item : repeat, known);
    item.inside = below.flatMap((one) => [one.fid, ...one.inside]);
    if (raw.holds !== "rows") return [item, ...below];
    item.level = below;
    return [item];
  });
}

/** By fid the items whose being shown, required or computed depends on it. */
function readersOf(items) {
  const found = new Map();
  for (const { fid, show, required, value } of items.values()) {
    const trees = [show, required, value].filter((tree) => tree !== undefined && typeof tree !== "boolean");
    for (const read of trees.flatMap((tree) => [...dependencies(tree)])) found.set(read, [...(found.get(read) ?? []), fid]);
  }
  return found;
}

/** Computed items, each after those that it reads. */
function inOrder(items) {
  const known = new Map(items.map((item) => [item.fid, item]));
  const found = new Set();
  const visit = (item) => {
    if (!known.delete(item.fid)) return;
    for (const fid of dependencies(item.value)) if (known.has(fid)) visit(known.get(fid));
    found.add(item);
  };
  items.forEach(visit);
  return Array.from(found);
}

/** Tells whether a tree asks more of an answer than whether it is there. */
function opens(tree, fid) {
  if (tree === fid) return true;
  if (tree === null || typeof tree !== "object") return false;
  const [[name, inner]] = Object.entries(tree);
  if (name === "var") return inner === fid;
  if (["filled", "empty"].includes(name) && inner[0]?.var === fid) return false;
  return Array.isArray(inner) && inner.some((one) => opens(one, fid));
}

// The twin of engine/expressions.py, values.py, operations.py and text_operations.py: the same tree and the same answers
// give the same value. tests/unit/engine/conformance.json says what each operation means; both evaluators must pass it.
//
// A value is null, a text, a Decimal, true or false, a Day, an array of these or of Rows. Only trees that the server
// checked are evaluated here (or those that `acceptable` accepts).

const DEPTH = 20;
const NODES = 500;
const PLACES = 6;
const UNIT = 10n ** BigInt(PLACES);
const LIMIT = 10n ** 15n * UNIT;
const MOST_DAYS = 4_000_000n;
const LONG = 500;
const LONGEST = 10_000;
const MILLISECONDS = 86_400_000;

// ---------- values ----------

/** A number in whole millionths, so that tenths add up. */
export class Decimal {
  constructor(units) {
    this.units = units;
  }

  toString() {
    const size = absolute(this.units);
    const fraction = (size % UNIT).toString().padStart(PLACES, "0").replace(/0+$/, "");
    return `${this.units < 0n ? "-" : ""}${size / UNIT}${fraction && `.${fraction}`}`;
  }

  toJSON() {
    return this.toString();
  }
}

/** A day of the calendar, counted from 1970-01-01. */
export class Day {
  constructor(number) {
    this.number = number;
  }

  toString() {
    return new Date(this.number * MILLISECONDS).toISOString().slice(0, 10);
  }

  toJSON() {
    return this.toString();
  }
}

/** The answers of one row of a repeat, by fid. A row equals nothing; only its answers can be compared. */
export class Row {
  constructor(answers) {
    this.answers = answers;
  }
}

const FIRST_DAY = Date.parse("0001-01-01T00:00:00Z") / MILLISECONDS;
const LAST_DAY = Date.parse("9999-12-31T00:00:00Z") / MILLISECONDS;

/** Reads 2026-01-31; null for anything else. */
export function day(text) {
  if (typeof text !== "string" || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return null;
  const found = dayOf(Date.parse(`${text}T00:00:00Z`) / MILLISECONDS);
  return found && found.toString() === text ? found : null;
}

/** Reads a number, or the plain or scientific notation of one; null beyond the range. */
export function decimal(raw) {
  const found = /^([+-]?)([0-9]+)(?:\.([0-9]+))?(?:e([+-]?[0-9]{1,4}))?$/i.exec(String(raw));
  if (!found) return null;
  const [, sign, whole, fraction = "", power = "0"] = found;
  const digits = BigInt(`${whole}${fraction}`);
  const shift = PLACES + Number(power) - fraction.length;
  const units = shift < 0 ? quotient(digits, 10n ** BigInt(-shift)) : digits * 10n ** BigInt(shift);
  return bounded(sign === "-" ? -units : units);
}

/** Turns an answer or a literal into a value; days must already be Days, decimals kept as text already Decimals. */
export function asValue(raw) {
  if (Array.isArray(raw)) return raw.map((one) => (isRow(one) ? new Row(one) : asValue(one)));
  if (typeof raw === "number") return decimal(raw);
  return ["string", "boolean"].includes(typeof raw) || raw instanceof Decimal || raw instanceof Day ? raw : null;
}

function isRow(raw) {
  return typeOf(raw) === "row";
}

export function typeOf(value) {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "list";
  if (value instanceof Decimal) return "number";
  if (value instanceof Day) return "date";
  return typeof value === "object" ? "row" : typeof value;
}

function isText(value) {
  return typeof value === "string";
}

function isNumber(value) {
  return value instanceof Decimal;
}

export function isEmpty(value) {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function absolute(number) {
  return number < 0n ? -number : number;
}

/** Divides whole numbers and rounds half away from zero. */
function quotient(top, bottom) {
  const [upper, lower] = [absolute(top), absolute(bottom)];
  const size = (2n * upper + lower) / (2n * lower);
  return top < 0n === bottom < 0n ? size : -size;
}

function bounded(units) {
  return absolute(units) < LIMIT ? new Decimal(units) : null;
}

function counted(number) {
  return new Decimal(BigInt(number) * UNIT);
}

/** The BigInt of a whole number, null for anything else. */
function whole(value) {
  return isNumber(value) && value.units % UNIT === 0n ? value.units / UNIT : null;
}

function dayOf(number) {
  return number >= FIRST_DAY && number <= LAST_DAY ? new Day(number) : null;
}

function characters(text) {
  return Array.from(text);
}

// ---------- comparing ----------

function alike(left, right) {
  const type = typeOf(left);
  if (type !== typeOf(right) || type === "row") return false;
  if (type === "list") return left.length === right.length && left.every((one, place) => alike(one, right[place]));
  return type === "empty" || order(left, right) === 0;
}

function equal(left, right) {
  return !isEmpty(left) && alike(left, right);
}

function ordered(left, right) {
  const type = typeOf(left);
  return ["string", "number", "date"].includes(type) && type === typeOf(right) && !isEmpty(left) && !isEmpty(right);
}

/** Below zero, zero or above: texts by code point, not by the halves in which scripts keep rare characters. */
function order(left, right) {
  if (isNumber(left)) return left.units < right.units ? -1 : Number(left.units > right.units);
  if (left instanceof Day) return left.number - right.number;
  if (!isText(left)) return Number(left) - Number(right);
  const [ours, theirs] = [characters(left), characters(right)];
  const place = ours.findIndex((one, index) => one !== theirs[index]);
  if (place < 0) return ours.length - theirs.length;
  return place < theirs.length ? ours[place].codePointAt(0) - theirs[place].codePointAt(0) : 1;
}

// ---------- operations ----------

function folded(numbers, step) {
  let total = null;
  for (const [place, number] of numbers.entries()) {
    if (!isNumber(number)) return null;
    total = place === 0 ? number : bounded(step(total.units, number.units));
    if (total === null) return null;
  }
  return total;
}

function shifted(from, days, sign) {
  const number = whole(days);
  if (from === null || number === null || absolute(number) > MOST_DAYS) return null;
  return dayOf(from.number + sign * Number(number));
}

function add(...terms) {
  const [first, ...others] = terms;
  if (first instanceof Day) return others.reduce((found, days) => shifted(found, days, 1), first);
  return folded(terms, (left, right) => left + right);
}

function subtract(left, right) {
  if (!(left instanceof Day)) return folded([left, right], (one, other) => one - other);
  return right instanceof Day ? counted(left.number - right.number) : shifted(left, right, -1);
}

function isZero(value) {
  return isNumber(value) && value.units === 0n;
}

function divide(left, right) {
  return isZero(right) ? null : folded([left, right], (one, other) => quotient(one * UNIT, other));
}

/** What is left over, with the sign of what is divided. */
function modulo(left, right) {
  return isZero(right) ? null : folded([left, right], (one, other) => one % other);
}

function round(number, places = counted(0)) {
  const kept = whole(places);
  if (!isNumber(number) || kept === null || kept < 0n || kept > BigInt(PLACES)) return null;
  const step = 10n ** (BigInt(PLACES) - kept);
  return bounded(quotient(number.units, step) * step);
}

function filled(values) {
  return values.flat().filter((value) => !isEmpty(value));
}

/** The first of the filled values in an order; null unless all are numbers or all are days. */
function extreme(values, sign) {
  const found = filled(values);
  const type = typeOf(found[0] ?? null);
  if (!["number", "date"].includes(type) || !found.every((one) => typeOf(one) === type)) return null;
  return found.reduce((best, one) => (sign * order(one, best) < 0 ? one : best));
}

function selected(answer, option) {
  return (Array.isArray(answer) ? answer : [answer]).some((one) => equal(one, option));
}

function length(value) {
  if (isEmpty(value)) return counted(0);
  if (isText(value)) return counted(characters(value).length);
  return Array.isArray(value) ? counted(value.length) : null;
}

/** A value as part of a text: nothing for empty, a list with blanks between; null for rows. */
function written(value) {
  if (Array.isArray(value)) {
    const pieces = value.map(written);
    return pieces.includes(null) ? null : pieces.filter(Boolean).join(" ");
  }
  if (value instanceof Row) return null;
  return value === null ? "" : String(value);
}

function concat(...values) {
  const pieces = values.map(written);
  return pieces.includes(null) ? null : shortEnough(pieces.join(""));
}

function shortEnough(text) {
  return text !== "" && characters(text).length <= LONGEST ? text : null;
}

/** Cuts from `start` (from 0) to before the end; negative places count from the end. */
function substr(text, start, ...end) {
  const places = [start, ...end].map(whole);
  if (!isText(text) || places.includes(null)) return null;
  return shortEnough(characters(text).slice(...places.map(Number)).join(""));
}

/** Reads a text in plain notation; yes is 1 and no is 0. */
function number(value) {
  if (typeof value === "boolean") return counted(Number(value));
  if (isText(value)) return /^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?$/.test(value) ? decimal(value) : null;
  return isNumber(value) ? value : null;
}

function integer(value) {
  const found = number(value);
  return found && new Decimal((found.units / UNIT) * UNIT);
}

function formatDate(from, pattern) {
  if (!(from instanceof Day) || !isText(pattern)) return null;
  const [year, month, date] = from.toString().split("-");
  const codes = new Map([
    ["Y", year],
    ["y", year.slice(2)],
    ["m", month],
    ["n", String(Number(month))],
    ["d", date],
    ["e", String(Number(date))],
    ["%", "%"],
  ]);
  const pieces = pattern.split(/%(.?)/su);
  if (pieces.some((piece, place) => place % 2 === 1 && !codes.has(piece))) return null;
  return shortEnough(pieces.map((piece, place) => (place % 2 ? codes.get(piece) : piece)).join(""));
}

// Each operation: what it computes, how many arguments it takes at least and at most.
const OPERATIONS = new Map([
  ["eq", [equal, 2, 2]],
  ["ne", [(left, right) => !isEmpty(left) && !isEmpty(right) && !equal(left, right), 2, 2]],
  ["lt", [(left, right) => ordered(left, right) && order(left, right) < 0, 2, 2]],
  ["le", [(left, right) => ordered(left, right) && order(left, right) <= 0, 2, 2]],
  ["gt", [(left, right) => ordered(left, right) && order(left, right) > 0, 2, 2]],
  ["ge", [(left, right) => ordered(left, right) && order(left, right) >= 0, 2, 2]],
  ["and", [(...conditions) => conditions.every((one) => one === true), 1, LONG]],
  ["or", [(...conditions) => conditions.includes(true), 1, LONG]],
  ["not", [(condition) => condition !== true, 1, 1]],
  ["if", [(condition, then, otherwise = null) => (condition === true ? then : otherwise), 2, 3]],
  ["empty", [isEmpty, 1, 1]],
  ["filled", [(value) => !isEmpty(value), 1, 1]],
  ["selected", [selected, 2, 2]],
  ["coalesce", [(...values) => values.find((value) => !isEmpty(value)) ?? null, 2, LONG]],
  ["contains", [(text, part) => isText(text) && isText(part) && part !== "" && text.includes(part), 2, 2]],
  ["starts_with", [(text, part) => isText(text) && isText(part) && part !== "" && text.startsWith(part), 2, 2]],
  ["length", [length, 1, 1]],
  ["concat", [concat, 1, LONG]],
  ["substr", [substr, 2, 3]],
  ["number", [number, 1, 1]],
  ["int", [integer, 1, 1]],
  ["format_date", [formatDate, 2, 2]],
  ["add", [add, 2, LONG]],
  ["sub", [subtract, 2, 2]],
  ["mul", [(...factors) => folded(factors, (left, right) => quotient(left * right, UNIT)), 2, LONG]],
  ["div", [divide, 2, 2]],
  ["mod", [modulo, 2, 2]],
  ["round", [round, 1, 2]],
  ["count", [(...values) => counted(filled(values).length), 1, LONG]],
  ["sum", [(...values) => folded([counted(0), ...filled(values)], (left, right) => left + right), 1, LONG]],
  ["min", [(...values) => extreme(values, 1), 1, LONG]],
  ["max", [(...values) => extreme(values, -1), 1, LONG]],
  ["some", [(results) => results.includes(true), 2, 2]],
  ["all", [(results) => results.every((one) => one === true), 2, 2]],
  ["each", [(results) => results, 2, 2]],
]);
// These read a plain text argument as the fid of a list: {"count": ["b0"]}.
const AGGREGATES = new Set(["count", "sum", "min", "max"]);
// These evaluate their second argument once for each row of the repeat that the first names: {"some": ["b0", ...]}.
const LOOPS = new Set(["some", "all", "each"]);

// ---------- trees ----------

/** Evaluates a checked tree over answers by fid; `today` is a Day or its text. */
export function evaluate(expression, values, today) {
  return run(expression, (fid) => answer(values, fid), typeof today === "string" ? day(today) : today);
}

/** Tells whether a condition is true; empty is not. */
export function holds(expression, values, today) {
  return evaluate(expression, values, today) === true;
}

function answer(values, fid) {
  return Object.hasOwn(values, fid) ? asValue(values[fid]) : null;
}

export function run(expression, read, today) {
  if (expression === null || typeof expression !== "object") return asValue(expression);
  const [[name, inner]] = Object.entries(expression);
  if (name === "var") return read(inner);
  if (name === "today") return today;
  if (name === "date") return day(inner[0]);
  const [compute] = OPERATIONS.get(name);
  if (LOOPS.has(name)) return compute(overRows(inner, read, today));
  return compute(...inner.map((one) => (AGGREGATES.has(name) && isText(one) ? read(one) : run(one, read, today))));
}

/** Evaluates the second argument for each row of the first; the row's answers stand before those of the form. */
function overRows([fid, inner], read, today) {
  const rows = read(fid);
  return (Array.isArray(rows) ? rows : [])
    .filter((one) => one instanceof Row)
    .map(({ answers }) => run(inner, (name) => (Object.hasOwn(answers, name) ? answer(answers, name) : read(name)), today));
}

/** Walks all nodes of a tree with their places; without recursion, for any depth. */
function* nodes(expression) {
  const waiting = [{ node: expression, depth: 1, reference: false, looped: false }];
  while (waiting.length) {
    const place = waiting.pop();
    yield place;
    const [name, inner] = operation(place.node);
    if (!OPERATIONS.has(name) || !Array.isArray(inner)) continue;
    const looped = place.looped || LOOPS.has(name);
    const below = inner.map((node, index) => {
      return { node, depth: place.depth + 1, looped, reference: AGGREGATES.has(name) || (LOOPS.has(name) && !index) };
    });
    waiting.push(...below.reverse());
  }
}

/** The name and the arguments of a node that is one operation; nothing for other nodes. */
function operation(node) {
  if (node === null || typeof node !== "object" || Array.isArray(node)) return [];
  const entries = Object.entries(node);
  return entries.length === 1 ? entries[0] : [];
}

function reference({ node, reference: readsText }) {
  if (isText(node)) return readsText ? node : null;
  const [name, fid] = operation(node);
  return name === "var" && isText(fid) ? fid : null;
}

/** The fids that a checked tree reads. */
export function dependencies(expression) {
  return new Set(Array.from(nodes(expression), reference).filter((fid) => fid !== null));
}

/** Tells whether a checked tree reads the day. */
export function usesToday(expression) {
  return Array.from(nodes(expression)).some(({ node }) => operation(node)[0] === "today");
}

/** Tells whether a tree, of whatever JSON it is made, can be evaluated over those fids. */
export function acceptable(expression, knownFids) {
  let count = 0;
  for (const place of nodes(expression)) {
    count += 1;
    if (place.depth > DEPTH || count > NODES || !acceptableNode(place, knownFids)) return false;
  }
  return true;
}

function acceptableNode(place, knownFids) {
  const { node } = place;
  const fid = reference(place);
  if (fid !== null) return knownFids.has(fid);
  if (node === null || typeof node !== "object") return acceptableLiteral(node);
  const [name, inner] = operation(node);
  if (!Array.isArray(inner)) return false;
  if (name === "today") return inner.length === 0;
  if (name === "date") return inner.length === 1 && day(inner[0]) !== null;
  if (!OPERATIONS.has(name)) return false;
  const [, least, most] = OPERATIONS.get(name);
  if (inner.length < least || inner.length > most) return false;
  return !LOOPS.has(name) || (isText(inner[0]) && !place.looped);
}

function acceptableLiteral(node) {
  if (typeof node !== "number") return node === null || isText(node) || typeof node === "boolean";
  const found = decimal(node);
  return found !== null && Number(found) === node;
}

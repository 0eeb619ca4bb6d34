// What stands in the controls of a question, as a value of expressions: what engine/kinds/*.parse makes of it.
// What the browser cannot read as the server does is UNKNOWN: filled, and known to the server only.

import { day, decimal } from "./expressions.js";

export const UNKNOWN = Symbol("known to the server only");

const NUMBER = /^[+-]?(?:[0-9]{1,40}|[0-9]{1,3}(?:,[0-9]{3}){1,12})(?:\.[0-9]{1,40})?$/;
const FORBIDDEN = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const PLACES = 6;

/** Reads the controls of an item; null when nothing stands there, or nothing that is an answer. */
export function readControls(item, controls) {
  const read = READERS.get(item.type);
  if (read) return read(controls, item);
  return controls.some(isFilled) ? UNKNOWN : null;
}

/** Reads a stored answer, which the page has from the server. */
export function readStored({ type, result }, stored) {
  const kind = type === "calculate" ? (result ?? "number") : type;
  if (["date"].includes(kind)) return day(stored);
  if (["decimal", "money", "range", "number"].includes(kind)) return decimal(stored);
  return stored;
}

function isFilled(control) {
  if (control.type === "file") return control.files.length > 0;
  return ["checkbox", "radio"].includes(control.type) ? control.checked && control.value !== "" : control.value.trim() !== "";
}

function text(controls) {
  return controls.find((control) => control.type !== "radio" || control.checked)?.value ?? "";
}

function narrow(raw) {
  return raw.normalize("NFKC").replaceAll("\u2212", "-").trim();
}

function line(controls, item) {
  const found = text(controls).split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/).join(" ").trim();
  if (FORBIDDEN.test(found.replaceAll("\t", ""))) return null;
  return (item.format ? narrow(found) : found) || null;
}

function lines(controls) {
  const found = text(controls).replaceAll("\r\n", "\n").split("\n").map((one) => one.trimEnd()).join("\n").trim();
  return FORBIDDEN.test(found.replace(/[\n\t]/g, "")) ? null : found || null;
}

function plain(raw, places) {
  const found = narrow(raw);
  if (found.length > 60 || !NUMBER.test(found)) return null;
  const [, fraction = ""] = found.split(".");
  return fraction.replace(/0+$/, "").length > places ? null : decimal(found.replaceAll(",", ""));
}

function money(controls) {
  const found = /^[¥￥]?\s*(\S.*?)\s*\u5143?$/.exec(text(controls).trim());
  return found ? plain(found[1], 2) : null;
}

function checked(controls) {
  return controls.filter((control) => control.checked).map(({ value }) => value);
}

/** One of several circles, or of a menu. */
function chosen(controls) {
  return (controls[0]?.type === "radio" ? checked(controls)[0] : text(controls)) || null;
}

function truth(controls) {
  if (controls[0]?.type === "checkbox") return controls[0].checked;
  return { true: true, false: false }[chosen(controls)] ?? null;
}

function order(controls) {
  const found = controls.map(({ value }) => value);
  while (found.length && !found.at(-1)) found.pop();
  return found.length && found.every(Boolean) && new Set(found).size === found.length ? found : null;
}

function clock(controls) {
  const found = text(controls);
  return /^([0-9]{4}-[0-9]{2}-[0-9]{2}T)?[0-9]{2}:[0-9]{2}$/.test(found) ? found : found && UNKNOWN;
}

const READERS = new Map([
  ["text", line],
  ["textarea", lines],
  ["integer", (controls) => plain(text(controls), 0)],
  ["decimal", (controls) => plain(text(controls), PLACES)],
  ["range", (controls) => plain(text(controls), PLACES)],
  ["rating", (controls) => plain(chosen(controls) ?? "", 0)],
  ["money", money],
  ["date", (controls) => day(text(controls))],
  ["time", (controls) => clock(controls) || null],
  ["datetime", (controls) => clock(controls) || null],
  ["select_one", chosen],
  ["select_multiple", (controls) => (checked(controls).length ? checked(controls) : null)],
  ["rank", order],
  ["boolean", truth],
  ["acknowledge", (controls) => controls.some((control) => control.checked) || null],
  ["org", (controls) => decimal(chosen(controls))],
]);

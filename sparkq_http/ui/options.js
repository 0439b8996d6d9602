// The options of a select, as [value, label].

import { h } from "./dom.js";

export const nameOptions = (records) => records.map(({ name }) => [name, name]);

export const classOptions = (classes) => classes.map(({ name, timeout }) => [name, `${name} (${timeout} s)`]);

export const options = (pairs, chosen) =>
	pairs.map(([value, label]) => h("option", { value, selected: value === chosen }, label));

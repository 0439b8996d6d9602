// Where you were at each entry of the browser's history: Back leads to the same rows, place and focus.

const MOST_KEPT = 50;

const places = new Map();

history.scrollRestoration = "manual";

/** The place of this entry of the history: { y, row, shown }, empty at an address that you go to for the first time. */
export function placeNow() {
	const id = (history.state?.place ?? newId()).toString();
	if (!places.has(id)) places.set(id, {});
	if (places.size > MOST_KEPT) places.delete(places.keys().next().value);
	return places.get(id);
}

function newId() {
	const id = `${Date.now()}-${Math.random()}`;
	history.replaceState({ ...history.state, place: id }, "");
	return id;
}

// An address that leads to no view: an old bookmark, or a typing mistake.

import { h } from "../dom.js";

export const load = async (route) => ({ address: route.address });
export const affects = () => false;

export function draw({ address }) {
	return [
		h("h1@title", "Page not found"),
		h(
			"div.empty@nowhere",
			h("p", "There is nothing at ", h("code", address), "."),
			h("p", h("a", { href: "#/inbox" }, "Go to the inbox")),
		),
	];
}

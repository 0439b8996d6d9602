// A finger moves a line of the review: to the right accepts it, to the left puts it off. Both can be undone.

import { act } from "../commands.js";

const FAR_PX = 90;

let begun = null; // { row, x, y } of the finger

const end = () => {
	if (begun) begun.row.style.translate = "";
	begun = null;
};

addEventListener("pointerdown", ({ pointerType, target, clientX: x, clientY: y }) => {
	const row = pointerType === "touch" && target.closest?.(".item");
	begun = row ? { row, x, y } : null;
});

addEventListener("pointermove", ({ clientX, clientY }) => {
	if (!begun) return;
	const along = clientX - begun.x;
	if (Math.abs(clientY - begun.y) > Math.max(20, Math.abs(along))) end();
	else begun.row.style.translate = `${along}px`;
});

addEventListener("pointerup", ({ clientX }) => {
	if (!begun) return;
	const { row, x } = begun;
	end();
	if (Math.abs(clientX - x) < FAR_PX) return;
	setTimeout(() => act(clientX > x ? "swipe-accept" : "swipe-later", row));
});

addEventListener("pointercancel", end);
